package io.github.jaubert.hub;

/** Learns how far a download or an upload is, on the thread that asked for it or another. */
@FunctionalInterface
public interface TransferListener {
  /**
   * Some bytes more have gone over the line.
   *
   * @param file its path in the repository
   * @param bytes of it that are there now, also from an earlier try
   * @param size of all of it, or below 0 if that is not known
   */
  void transferred(String file, long bytes, long size);
}
