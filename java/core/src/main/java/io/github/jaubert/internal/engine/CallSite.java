package io.github.jaubert.internal.engine;

import java.lang.StackWalker.StackFrame;
import java.util.List;

/** The line of the user's code that a message should point to. */
final class CallSite {
  private static final String LIBRARY = "io.github.jaubert.";
  private static final List<String> CORE_PACKAGES =
      List.of("internal.", "tensor.", "autograd.", "nn.", "optim.");

  private static final StackWalker WALKER = StackWalker.getInstance();

  private CallSite() {}

  /** The innermost frame outside the core of the library, as {@code Train.main(Train.java:42)}. */
  static String current() {
    return WALKER.walk(
        frames ->
            frames
                .filter(frame -> !isCore(frame.getClassName()))
                .findFirst()
                .map(StackFrame::toString)
                .orElse("an unknown place"));
  }

  private static boolean isCore(String className) {
    if (!className.startsWith(LIBRARY)) {
      return className.startsWith("java.");
    }
    String inLibrary = className.substring(LIBRARY.length());
    return CORE_PACKAGES.stream().anyMatch(inLibrary::startsWith);
  }
}
