package io.github.jaubert.cli.predict;

import io.github.jaubert.train.data.DataException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Prints the answers to texts, which are arguments or lines of standard input. */
public final class AnswerLines {
  /** Lines that are answered together. */
  private static final int CHUNK = 256;

  private final Answers answers;
  private final PrintWriter out;

  public AnswerLines(Answers answers, PrintWriter out) {
    this.answers = answers;
    this.out = out;
  }

  /**
   * Prints the answers to some texts; false if they cannot be printed, of which the command tells.
   *
   * @param second the second texts, or null
   */
  public boolean of(List<String> first, List<String> second) {
    answers.lines(first, second).forEach(out::println);
    return !out.checkError(); // which also flushes
  }

  /**
   * Prints the answers to the lines of standard input.
   *
   * @param tabbed whether a line is two texts with a tab between
   */
  public void ofStandardInput(boolean tabbed) {
    List<String> first = new ArrayList<>();
    List<String> second = tabbed ? new ArrayList<>() : null;
    TextLines lines = new TextLines(System.in, "standard input");
    try {
      for (String line = lines.next(); line != null; line = lines.next()) {
        int tab = line.indexOf('\t');
        if (tabbed && tab < 0) {
          throw new DataException(
              "standard input",
              lines.number(),
              "no tab; with --pairs a line is two texts with a tab between");
        }
        first.add(tabbed ? line.substring(0, tab) : line);
        if (tabbed) {
          second.add(line.substring(tab + 1));
        }
        // Whoever types, or waits for an answer, gets it at once.
        if (first.size() == CHUNK || !lines.ready()) {
          if (!of(first, second)) {
            return; // nobody reads further answers
          }
          first.clear();
          if (tabbed) {
            second.clear();
          }
        }
      }
    } catch (DataException e) {
      of(first, second); // the lines before have theirs
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException("standard input cannot be read: " + e.getMessage(), e);
    }
    of(first, second);
  }
}
