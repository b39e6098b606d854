package io.github.jaubert.fuzz;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** The virtual machine that a damaged file may end: it says on its output how far it got. */
final class FuzzChild {
  static final String BEGIN = "begin ";
  static final String END = "end ";

  /** How a case may end. */
  static final String READ = "read";

  static final String REFUSED = "refused";

  /** Any longer message is a fault: it quotes what a stranger wrote at length. */
  static final int LONGEST_MESSAGE = 2000;

  private FuzzChild() {}

  public static void main(String[] args) throws Exception {
    Trial trial = (Trial) Class.forName(args[0]).getDeclaredConstructor().newInstance();
    long seed = Long.parseLong(args[1]);
    long from = Long.parseLong(args[2]);
    long step = Long.parseLong(args[3]);
    long end = Long.parseLong(args[4]);
    Path folder = Path.of(args[5]);
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    for (long index = from; index < end; index += step) {
      String damage = trial.prepare(new SplittableRandom(seed * 1_000_003 + index), folder);
      out.println(BEGIN + index + " " + oneLine(damage));
      out.println(END + index + " " + oneLine(outcome(trial, folder)));
    }
  }

  /** One of the two ways in which a case may end, or the kind of its fault. */
  private static String outcome(Trial trial, Path folder) {
    try {
      trial.run(folder);
      return READ;
    } catch (Throwable e) {
      String message = String.valueOf(e.getMessage());
      if (!trial.isDocumented(e)) {
        return e.getClass().getName() + at(e) + ": " + message;
      }
      return message.length() < LONGEST_MESSAGE
          ? REFUSED
          : "a message of " + message.length() / 1000 + ",000 characters" + at(e);
    }
  }

  /** The first place in the code under test. */
  private static String at(Throwable thrown) {
    for (StackTraceElement frame : thrown.getStackTrace()) {
      if (frame.getClassName().startsWith("io.github.jaubert.")) {
        return " at " + frame.getFileName() + ":" + frame.getLineNumber();
      }
    }
    return "";
  }

  static String oneLine(String text) {
    String cut = text.length() > 300 ? text.substring(0, 300) + "…" : text;
    return cut.replaceAll("[\\p{Cntrl}\\p{Cs}]", "?");
  }
}
