package io.github.jaubert.bert.checkpoint;

import io.github.jaubert.tensor.Shape;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;

/**
 * A checkpoint of TensorFlow: {@code NAME.index} lists the variables (messages BundleHeaderProto
 * and BundleEntryProto in a {@link SortedTable}), whose values lie in {@code
 * NAME.data-00000-of-00001}, or more such files, with a checksum each.
 */
final class TensorFlowBundle implements Closeable {
  /** The index of BERT-large with its optimizer has 100 kB. */
  private static final int LARGEST_INDEX = 4_000_000;

  /** Read at a time. Divisible by every element size. */
  private static final int CHUNK_BYTES = 1 << 17;

  private final String file;
  private final List<Shard> shards = new ArrayList<>();
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private record Shard(String file, RandomReads reads, long size) {}

  /** A variable in floating point, and where its values lie. */
  private record Entry(
      SafeTensorsType type, Shape shape, Shard shard, long offset, long size, int checksum) {}

  private TensorFlowBundle(Path index) throws IOException {
    file = index.toString();
    long size = Files.size(index);
    if (size > LARGEST_INDEX) {
      throw new CheckpointException(
          file, "has %d bytes; an index has at most %d".formatted(size, LARGEST_INDEX));
    }
    Map<String, ByteBuffer> table = SortedTable.read(file, Files.readAllBytes(index));
    ByteBuffer header = table.remove("");
    if (header == null) {
      throw new CheckpointException(file, "has no header: this is no index of a checkpoint");
    }
    openShards(index, shardCount(header));
    table.forEach(this::addEntry);
  }

  /**
   * Opens a checkpoint.
   *
   * @param index the file {@code NAME.index}
   * @throws CheckpointException if a file is missing, truncated or damaged
   */
  static TensorFlowBundle open(Path index) {
    try {
      return new TensorFlowBundle(index);
    } catch (IOException e) {
      throw CheckpointException.unreadable(index.toString(), e);
    }
  }

  // ---- the index ----

  private ProtobufReader message(ByteBuffer value) {
    return new ProtobufReader(file, value, value.position());
  }

  private int shardCount(ByteBuffer header) {
    ProtobufReader message = message(header);
    long count = 0;
    while (message.next()) {
      switch (message.field()) {
        case 1 -> count = message.integer();
        case 2 -> {
          if (message.integer() != 0) {
            throw new CheckpointException(file, "was written by a big-endian machine");
          }
        }
        default -> message.skip();
      }
    }
    if (count < 1 || count > 99_999) {
      throw new CheckpointException(file, "names " + count + " files of values");
    }
    return (int) count;
  }

  private void openShards(Path index, int count) {
    String name = index.getFileName().toString().replaceFirst("\\.index$", "");
    for (int i = 0; i < count; i++) {
      Path path = index.resolveSibling("%s.data-%05d-of-%05d".formatted(name, i, count));
      try {
        RandomReads reads = RandomReads.open(path);
        shards.add(new Shard(path.toString(), reads, reads.size()));
      } catch (IOException e) {
        close();
        throw CheckpointException.unreadable(path.toString(), e);
      }
    }
  }

  private void addEntry(String name, ByteBuffer value) {
    try {
      Entry entry = entry(name, message(value));
      if (entry.type != null) {
        entries.put(name, entry);
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private Entry entry(String name, ProtobufReader message) {
    SafeTensorsType type = null;
    Shape shape = Shape.SCALAR;
    long shard = 0;
    long offset = 0;
    long size = 0;
    int checksum = 0;
    boolean sliced = false;
    while (message.next()) {
      switch (message.field()) {
        case 1 -> type = type(message.integer());
        case 2 -> shape = shape(name, message.message());
        case 3 -> shard = message.integer();
        case 4 -> offset = message.integer();
        case 5 -> size = message.integer();
        case 6 -> checksum = message.fixed32();
        case 7 -> {
          sliced = true; // its parts are variables of their own
          message.skip();
        }
        default -> message.skip();
      }
    }
    if (type == null || sliced) {
      return new Entry(null, shape, null, 0, 0, 0); // counters, texts: of no use here
    }
    if (shard < 0 || shard >= shards.size()) {
      throw new CheckpointException(
          file, "variable '%s' lies in file %d of %d".formatted(name, shard, shards.size()));
    }
    if (shape.numel() > Integer.MAX_VALUE - 8 || size != shape.numel() * type.bytes()) {
      throw new CheckpointException(
          file, "variable '%s' %s %s has %d bytes".formatted(name, type, shape, size));
    }
    Shard in = shards.get((int) shard);
    if (offset < 0 || offset > in.size - size) {
      throw new CheckpointException(
          in.file,
          "byte %d: variable '%s' of %d bytes begins here, but the file has %d: truncated?"
              .formatted(offset, name, size, in.size));
    }
    return new Entry(type, shape, in, offset, size, checksum);
  }

  /** Of a value of DataType; null if it is not in floating point. */
  private static SafeTensorsType type(long dataType) {
    return switch ((int) dataType) {
      case 1 -> SafeTensorsType.F32;
      case 2 -> SafeTensorsType.F64;
      case 14 -> SafeTensorsType.BF16;
      case 19 -> SafeTensorsType.F16;
      default -> null;
    };
  }

  /** TensorShapeProto. */
  private Shape shape(String name, ProtobufReader message) {
    LongStream.Builder sizes = LongStream.builder();
    while (message.next()) {
      if (message.field() == 2) {
        ProtobufReader axis = message.message();
        long size = 0;
        while (axis.next()) {
          if (axis.field() == 1) {
            size = axis.integer();
          } else {
            axis.skip();
          }
        }
        sizes.add(size);
      } else {
        message.skip();
      }
    }
    try {
      return Shape.of(sizes.build().toArray());
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(file, "variable '" + name + "': " + e.getMessage(), e);
    }
  }

  // ---- reading ----

  /** The index file. */
  String file() {
    return file;
  }

  /** The shapes of all variables in floating point by name. */
  Map<String, Shape> shapes() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    entries.forEach((name, entry) -> shapes.put(name, entry.shape));
    return Collections.unmodifiableMap(shapes);
  }

  /**
   * The values of a variable row by row.
   *
   * @throws CheckpointException if they cannot be read, or are not what was written
   */
  float[] floats(String name) {
    Entry entry = entries.get(name);
    float[] values = new float[(int) entry.shape.numel()];
    byte[] bytes = new byte[(int) Math.min(entry.size, CHUNK_BYTES)];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    CRC32C sum = new CRC32C();
    int each = entry.type.bytes();
    try {
      for (int done = 0; done < values.length; ) {
        int now = Math.min(values.length - done, CHUNK_BYTES / each);
        entry.shard.reads.read(entry.offset + (long) done * each, bytes, now * each);
        sum.update(bytes, 0, now * each);
        entry.type.read(buffer.clear(), values, done, now);
        done += now;
      }
    } catch (EOFException e) {
      throw new CheckpointException(
          entry.shard.file, "ends in variable '" + name + "': it was cut after it was opened", e);
    } catch (IOException e) {
      throw CheckpointException.unreadable(entry.shard.file, e);
    }
    if (SortedTable.masked(sum) != entry.checksum) {
      throw new CheckpointException(
          entry.shard.file,
          "byte %d: the checksum of variable '%s' is wrong: damaged".formatted(entry.offset, name));
    }
    return values;
  }

  @Override
  public void close() {
    for (Shard shard : shards) {
      try {
        shard.reads.close();
      } catch (IOException e) {
        // It was only read.
      }
    }
  }
}
