package io.github.jaubert.hub;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.nio.file.FileSystem;

/** A file system of a size. */
final class SmallDisk {
  private SmallDisk() {}

  static FileSystem of(long bytes) {
    return Jimfs.newFileSystem(
        Configuration.unix().toBuilder().setMaxSize(bytes).setBlockSize(1000).build());
  }
}
