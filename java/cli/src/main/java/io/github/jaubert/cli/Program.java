package io.github.jaubert.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** This program: which it is, and how it was called. */
final class Program {
  private Program() {}

  /** As it was called, such as {@code ./jaubert}, which the scripts tell. */
  static String command() {
    return System.getProperty("jaubert.command", "jaubert");
  }

  /** The version that the build wrote beside this class. */
  static String version() {
    Properties properties = new Properties();
    try (InputStream in = Program.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }
}
