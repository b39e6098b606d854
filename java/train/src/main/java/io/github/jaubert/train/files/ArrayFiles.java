package io.github.jaubert.train.files;

import java.nio.file.Path;

/**
 * What a long array of whole numbers is called on the disk: {@code name-00000.bin}, … in a folder,
 * each with so many elements but for the last, little-endian.
 *
 * @param name such as {@code tokens}
 * @param width the bytes of an element: 1, 2 or 4, all without a sign, or 8
 * @param shard the elements of a file, a power of two
 */
public record ArrayFiles(String name, int width, int shard) {
  /** As many as a file may have that is mapped in one piece. */
  public static final int SHARD = 1 << 27;

  /** The file of an element. */
  public Path file(Path folder, long index) {
    return folder.resolve("%s-%05d.bin".formatted(name, index / shard));
  }
}
