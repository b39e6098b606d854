package io.github.jaubert.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Compares arguments with the bytes that the program was started with. Java decodes these by the
 * locale, and puts ? for what it cannot decode; a text or the name of a file would be another one.
 */
final class Arguments {
  private Arguments() {}

  /**
   * Refuses arguments that are not what was given. Where the system does not tell what was given,
   * as other systems than Linux do not, or they are not the end of the command line, all are taken.
   *
   * @throws IllegalArgumentException naming the argument if it is not UTF-8, or was decoded as
   *     something else
   */
  static void check(String[] arguments) {
    byte[] started;
    try {
      started = Files.readAllBytes(Path.of("/proc/self/cmdline"));
    } catch (IOException e) {
      return;
    }
    check(arguments, started, System.getProperty("sun.jnu.encoding"));
  }

  /**
   * The same.
   *
   * @param started the words of the command line, each with a NUL behind it
   * @param encoding how Java decodes them
   */
  static void check(String[] arguments, byte[] started, String encoding) {
    List<byte[]> words = words(started);
    int first = words.size() - arguments.length;
    if (first <= 0 || !areLast(arguments, words.subList(first, words.size()))) {
      return;
    }
    for (int i = 0; i < arguments.length; i++) {
      String text = decoded(words.get(first + i), i + 1);
      if (!text.equals(arguments[i])) {
        throw new IllegalArgumentException(
            "argument %d, %s: the locale's encoding is %s; set LC_ALL=C.UTF-8"
                .formatted(i + 1, text, encoding));
      }
    }
  }

  /**
   * Whether the arguments are these words. They are others where they come from a file, as with
   * {@code java @file}, or from a program that calls {@link Main}. Every locale reads ASCII alike,
   * so that it tells.
   */
  private static boolean areLast(String[] arguments, List<byte[]> words) {
    for (int i = 0; i < arguments.length; i++) {
      String word = new String(words.get(i), StandardCharsets.ISO_8859_1);
      boolean ascii = word.chars().allMatch(c -> c < 128);
      if (ascii && !word.equals(arguments[i])) {
        return false;
      }
    }
    return true;
  }

  private static List<byte[]> words(byte[] started) {
    List<byte[]> words = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < started.length; i++) {
      if (started[i] == 0) {
        words.add(Arrays.copyOfRange(started, from, i));
        from = i + 1;
      }
    }
    return words;
  }

  private static String decoded(byte[] word, int number) {
    ByteBuffer bytes = ByteBuffer.wrap(word);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "argument %d: byte 0x%02X at offset %d is not UTF-8"
              .formatted(number, word[bytes.position()] & 0xFF, bytes.position()),
          e);
    }
  }
}
