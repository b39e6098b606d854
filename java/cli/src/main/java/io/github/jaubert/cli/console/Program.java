package io.github.jaubert.cli.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** This program: which it is, and how it was called. */
public final class Program {
  private Program() {}

  /** As it was called, such as {@code ./jaubert}, which the scripts tell. */
  public static String command() {
    return System.getProperty("jaubert.command", "jaubert");
  }

  /** The version that the build wrote beside this class. */
  public static String version() {
    Properties properties = new Properties();
    try (InputStream in = Program.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }
}
