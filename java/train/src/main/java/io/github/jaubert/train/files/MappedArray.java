package io.github.jaubert.train.files;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;

/**
 * An array of whole numbers in {@link ArrayFiles}, read through memory that the operating system
 * takes from the files and takes back as it needs it. Safe from any number of threads.
 */
public final class MappedArray {
  private final int width;
  private final int shift;
  private final int mask;
  private final long size;
  private final MappedByteBuffer[] shards;

  /**
   * Opens files.
   *
   * @throws CheckpointException if a file is missing or has another length
   */
  public MappedArray(Path folder, ArrayFiles files, long size) {
    this.width = files.width();
    this.shift = Integer.numberOfTrailingZeros(files.shard());
    this.mask = files.shard() - 1;
    this.size = size;
    shards = new MappedByteBuffer[(int) ((size + mask) >>> shift)];
    for (int i = 0; i < shards.length; i++) {
      long first = (long) i << shift;
      shards[i] = map(files.file(folder, first), width * Math.min(files.shard(), size - first));
    }
  }

  private static MappedByteBuffer map(Path file, long length) {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() != length) {
        throw new CheckpointException(
            file.toString(),
            "has %d bytes, not %d; delete the folder, then it is made anew"
                .formatted(channel.size(), length));
      }
      MappedByteBuffer map = channel.map(FileChannel.MapMode.READ_ONLY, 0, length);
      map.order(ByteOrder.LITTLE_ENDIAN);
      return map;
    } catch (ClosedByInterruptException e) {
      throw (CancellationException)
          new CancellationException("opening " + file + " was interrupted").initCause(e);
    } catch (IOException e) {
      throw new CheckpointException(
          file.toString(), "cannot be read: " + CheckpointException.describe(e), e);
    }
  }

  /** The number of elements. */
  public long size() {
    return size;
  }

  /**
   * Copies elements in a row, which have 2 or 4 bytes.
   *
   * @throws IndexOutOfBoundsException if there are none of these numbers
   */
  public void copy(long from, int count, int[] into, int at) {
    for (int done = 0; done < count; ) {
      MappedByteBuffer shard = shards[Math.toIntExact((from + done) >>> shift)];
      int start = (int) (from + done) & mask;
      int part = Math.min(count - done, mask + 1 - start);
      if (width == Short.BYTES) {
        short[] narrow = new short[part];
        shard.asShortBuffer().get(start, narrow);
        for (int i = 0; i < part; i++) {
          into[at + done + i] = narrow[i] & 0xFFFF;
        }
      } else {
        shard.asIntBuffer().get(start, into, at + done, part);
      }
      done += part;
    }
  }

  /**
   * Bytes in a row, of elements of 1 byte.
   *
   * @throws IndexOutOfBoundsException if there are none of these numbers
   */
  public byte[] bytes(long from, int count) {
    byte[] bytes = new byte[count];
    for (int done = 0; done < count; ) {
      int start = (int) (from + done) & mask;
      int part = Math.min(count - done, mask + 1 - start);
      shards[Math.toIntExact((from + done) >>> shift)].get(start, bytes, done, part);
      done += part;
    }
    return bytes;
  }

  /**
   * An element.
   *
   * @throws IndexOutOfBoundsException if there is none of that number
   */
  public long get(long index) {
    MappedByteBuffer shard = shards[Math.toIntExact(index >>> shift)];
    int at = width * ((int) index & mask);
    return switch (width) {
      case 1 -> shard.get(at) & 0xFFL;
      case 2 -> shard.getShort(at) & 0xFFFFL;
      case 4 -> shard.getInt(at) & 0xFFFFFFFFL;
      default -> shard.getLong(at);
    };
  }
}
