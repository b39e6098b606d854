package io.github.jaubert.hub;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What is said of files that cannot be read or written. */
final class Disk {
  private Disk() {}

  static HubException unreadable(Path file, IOException e) {
    return new HubException(HubFault.DISK, file + ": cannot be read: " + describe(e), e);
  }

  static HubException unwritable(Path file, IOException e) {
    return new HubException(HubFault.DISK, file + ": cannot be written: " + describe(e), e);
  }

  /** What an I/O exception says, whose message alone is often only a path. */
  static String describe(Throwable e) {
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    if (e instanceof AccessDeniedException) {
      return "access denied";
    }
    if (e instanceof FileSystemException failed && failed.getReason() != null) {
      return failed.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
