package io.github.jaubert.cli.console;

import io.github.jaubert.hub.TransferListener;
import java.io.PrintStream;

/**
 * Shows on standard error how far a file from or to the Hub is: on a terminal a bar, and a line
 * when it is there. Files that take no time are passed over.
 */
public final class TransferProgress implements TransferListener, AutoCloseable {
  private static final long SMALL = 1_000_000;

  private final PrintStream out;
  private final boolean terminal;
  private Progress progress;
  private String file = "";
  private boolean whole;

  public TransferProgress() {
    this(Chatter.progress(), Chatter.onTerminal());
  }

  public TransferProgress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  @Override
  public synchronized void transferred(String path, long bytes, long size) {
    if (size < SMALL || whole && path.equals(file)) {
      return;
    }
    if (!path.equals(file)) {
      close();
      progress = new Progress(out, terminal);
      file = path;
    }
    whole = bytes >= size;
    progress.transferred(path, bytes, size);
  }

  /** Ends the bar of a transfer that failed. */
  @Override
  public synchronized void close() {
    if (progress != null) {
      progress.close();
      progress = null;
      whole = false;
    }
  }
}
