package io.github.jaubert.hub;

/**
 * A file of a repository, as its listing has it.
 *
 * @param path with slashes
 * @param size in bytes, below 0 if the listing does not say
 * @param sha256 of a large file, which is kept apart from the others; else null
 * @param gitBlob the name that Git has for the content of a small one; null if it is not known
 */
record RemoteFile(String path, long size, String sha256, String gitBlob) {
  /**
   * Refuses what would lie outside of the folder it is put in, on any system.
   *
   * @throws HubException if it would
   */
  static void check(String path) {
    boolean plain =
        !path.isEmpty()
            && path.length() <= 1024
            && path.chars().allMatch(c -> c >= ' ' && c != 127 && "\\:*?\"<>|".indexOf(c) < 0);
    for (String part : path.split("/", -1)) {
      plain &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
    }
    if (!plain) {
      throw new HubException(
          HubFault.REFUSED,
          "names a file '%s', which is not made on this machine".formatted(HubErrors.plain(path)));
    }
  }
}
