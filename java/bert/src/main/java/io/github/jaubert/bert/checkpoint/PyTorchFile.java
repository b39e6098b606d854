package io.github.jaubert.bert.checkpoint;

import io.github.jaubert.tensor.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A file that {@code torch.save} wrote, such as pytorch_model.bin: a zip archive with a pickle that
 * describes the tensors, and their elements in records of their own. Opening reads the pickle, by
 * {@link Pickle}, which runs no code whatever it asks for; a tensor's values are read when they are
 * asked for. Thread-safe until it is closed.
 */
final class PyTorchFile implements StateDict {
  private static final String PICKLE = "data.pkl";
  private static final int CHUNK_BYTES = 1 << 17;
  private static final long LARGEST_PICKLE = 1 << 26;
  private static final int MOST_RECORDS = 200_000;
  private static final int FIRST_BYTES = 64;
  private static final int LISTED = 10;

  /** Tensors may share a storage, but not so often that they are far larger than the file. */
  private static final int MOST_SHARES = 8;

  private static final String REMEDY =
      "most repositories on huggingface.co have model.safetensors too: in the same folder or, where"
          + " it was converted later, in the revision refs/pr/N of a pull request \"Adding"
          + " safetensors variant of this model\"; put it beside config.json";

  private final String file;
  private final ZipFile zip;
  private final long size;
  private final String root;
  private final Map<String, PickledTensor> tensors;

  private PyTorchFile(String file, ZipFile zip, long size) throws IOException {
    this.file = file;
    this.size = size;
    this.zip = zip;
    root = root();
    String order = root + "byteorder";
    if (zip.getEntry(order) != null && !read(order, FIRST_BYTES).startsWith("little")) {
      throw new CheckpointException(
          file, "was written on a machine of another byte order: " + read(order, FIRST_BYTES));
    }
    Object content = Pickle.read(file, bytes(root + PICKLE, LARGEST_PICKLE));
    tensors = Collections.unmodifiableMap(tensors(content));
    double all = 0;
    for (Map.Entry<String, PickledTensor> tensor : tensors.entrySet()) {
      checkStorage(tensor.getKey(), tensor.getValue().storage());
      all += tensor.getValue().bytes();
    }
    if (all > (double) MOST_SHARES * size) {
      throw new CheckpointException(
          file, "has tensors of %.0f bytes in a file of %d".formatted(all, size));
    }
  }

  /**
   * Opens one file.
   *
   * @throws CheckpointException if it cannot be read, is damaged, is of the format before PyTorch
   *     1.6, or holds anything but tensors by name
   */
  static PyTorchFile open(Path path) {
    String file = path.toString();
    if (Files.isDirectory(path)) {
      throw new CheckpointException(file, "is a folder; a file of PyTorch is needed");
    }
    try {
      path.getFileSystem().provider().checkAccess(path, AccessMode.READ);
      long size = Files.size(path);
      checkStart(file, path);
      ZipFile zip = new ZipFile(path.toFile());
      try {
        return new PyTorchFile(file, zip, size);
      } catch (IOException | RuntimeException | Error e) {
        zip.close();
        throw e;
      }
    } catch (ZipException e) {
      throw new CheckpointException(
          file, "is damaged or truncated: " + CheckpointException.describe(e), e);
    } catch (UnsupportedOperationException e) {
      throw new CheckpointException(
          file, "lies inside an archive or the like; copy it to a folder", e);
    } catch (IOException e) {
      throw CheckpointException.unreadable(file, e);
    }
  }

  private static void checkStart(String file, Path path) throws IOException {
    byte[] start;
    try (InputStream stream = Files.newInputStream(path)) {
      start = stream.readNBytes(FIRST_BYTES);
    }
    LfsPointer.refuse(file, start);
    if (start.length >= 2 && start[0] == (byte) 0x80 && start[1] <= 5) {
      throw new CheckpointException(
          file, "is of PyTorch's format before version 1.6, which is not read; " + REMEDY);
    }
    if (start.length < 4 || start[0] != 'P' || start[1] != 'K') {
      throw new CheckpointException(file, "is no file of PyTorch: it does not begin as a zip does");
    }
  }

  // ---- the archive ----

  /** The names of all records, as often as they are there. */
  private List<String> recordNames() {
    try {
      return zip.stream().map(ZipEntry::getName).toList();
    } catch (IllegalArgumentException e) { // Java's word for bytes that are not UTF-8
      throw new CheckpointException(
          file, "is damaged: the name of a record is not UTF-8: " + e.getMessage(), e);
    }
  }

  /** What the names of all records begin with. */
  private String root() {
    if (zip.size() > MOST_RECORDS) {
      throw new CheckpointException(
          file, "has " + zip.size() + " records; " + MOST_RECORDS + " at most");
    }
    Set<String> names = new HashSet<>();
    String found = null;
    for (String name : recordNames()) {
      if (!names.add(name)) {
        throw new CheckpointException(file, "has two records '" + name + "'");
      }
      if (name.startsWith("/") || name.contains("\\") || ("/" + name + "/").contains("/../")) {
        throw new CheckpointException(file, "has a record '" + name + "', which lies outside");
      }
      if (name.endsWith("/" + PICKLE) && name.indexOf('/') == name.length() - PICKLE.length() - 1) {
        if (found != null) {
          throw new CheckpointException(file, "has both '" + found + "' and '" + name + "'");
        }
        found = name;
      }
    }
    if (found == null) {
      throw new CheckpointException(
          file, "is a zip archive without " + PICKLE + ", none that torch.save wrote");
    }
    return found.substring(0, found.length() - PICKLE.length());
  }

  /** A record, which torch.save never compresses. */
  private ZipEntry record(String name) {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw new CheckpointException(file, "lacks the record '" + name + "'");
    }
    if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
      throw new CheckpointException(
          file, "has a compressed record '" + name + "'; torch.save compresses none");
    }
    if (entry.getSize() > size) {
      throw new CheckpointException(
          file,
          "has a record '%s' of %d bytes in a file of %d".formatted(name, entry.getSize(), size));
    }
    return entry;
  }

  private byte[] bytes(String name, long most) throws IOException {
    ZipEntry entry = record(name);
    if (entry.getSize() > most) {
      throw new CheckpointException(
          file, "has a record '%s' of %d bytes; %d at most".formatted(name, entry.getSize(), most));
    }
    try (InputStream stream = zip.getInputStream(entry)) {
      return stream.readNBytes((int) entry.getSize());
    }
  }

  private String read(String name, int most) throws IOException {
    return new String(bytes(name, most), StandardCharsets.UTF_8);
  }

  private String recordName(PickledTensor.Storage storage) {
    return root + "data/" + storage.key();
  }

  private void checkStorage(String tensor, PickledTensor.Storage storage) {
    long bytes = record(recordName(storage)).getSize();
    int each = storage.type().bytes();
    if (bytes % each != 0 || bytes / each != storage.elements()) {
      throw new CheckpointException(
          file,
          "'%s' is in a storage of %d elements of %s, but its record '%s' has %d bytes"
              .formatted(tensor, storage.elements(), storage.type(), recordName(storage), bytes));
    }
  }

  // ---- tensors ----

  private Map<String, PickledTensor> tensors(Object content) {
    if (!(content instanceof Map<?, ?> entries)) {
      throw new CheckpointException(
          file, "holds " + Pickle.describe(content) + ", not tensors by name");
    }
    Map<String, PickledTensor> found = new LinkedHashMap<>();
    entries.forEach(
        (name, value) -> {
          if (name instanceof String text && value instanceof PickledTensor tensor) {
            found.put(text, tensor);
          }
        });
    if (found.isEmpty() && !entries.isEmpty()) {
      List<String> names = entries.keySet().stream().limit(LISTED).map(Pickle::describe).toList();
      throw new CheckpointException(
          file,
          "holds a dictionary of %s, not tensors by name"
              .formatted(String.join(", ", names) + (entries.size() > LISTED ? ", …" : "")));
    }
    return found;
  }

  private PickledTensor tensor(String name) {
    PickledTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(file + " has no tensor '" + name + "'");
    }
    return tensor;
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public Shape shape(String name) {
    return tensor(name).shape();
  }

  @Override
  public float[] floats(String name) {
    PickledTensor tensor = tensor(name);
    if (tensor.span() > Integer.MAX_VALUE - 8) {
      throw new CheckpointException(
          file, "tensor '" + name + "' " + tensor.shape() + " has more than 2^31 elements");
    }
    float[] spanned = new float[(int) tensor.span()];
    SafeTensorsType type = tensor.storage().type();
    byte[] bytes = new byte[CHUNK_BYTES];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    try (InputStream stream = zip.getInputStream(record(recordName(tensor.storage())))) {
      stream.skipNBytes(tensor.offset() * type.bytes());
      for (int done = 0; done < spanned.length; ) {
        int now = Math.min(spanned.length - done, CHUNK_BYTES / type.bytes());
        if (stream.readNBytes(bytes, 0, now * type.bytes()) < now * type.bytes()) {
          throw new EOFException();
        }
        type.read(buffer.clear(), spanned, done, now);
        done += now;
      }
    } catch (EOFException e) {
      throw new CheckpointException(file, "ends in tensor '" + name + "'", e);
    } catch (IOException e) {
      throw CheckpointException.unreadable(file, e);
    }
    return tensor.isContiguous() ? spanned : tensor.gather(spanned);
  }

  @Override
  public String source() {
    return file;
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException e) {
      // It was only read.
    }
  }
}
