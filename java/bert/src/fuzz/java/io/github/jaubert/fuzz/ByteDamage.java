package io.github.jaubert.fuzz;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Damages to the bytes of any file. */
public final class ByteDamage {
  private ByteDamage() {}

  /** The damaged bytes, and what was done. */
  public record Result(byte[] bytes, String damage) {}

  /** Damages a file in one way. */
  public static Result apply(RandomGenerator random, byte[] bytes) {
    int at = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
    return switch (random.nextInt(9)) {
      case 0 -> new Result(Arrays.copyOf(bytes, at), "cut to " + at + " bytes");
      case 1 -> new Result(new byte[0], "empty");
      case 2 -> flip(random, bytes, 1 + random.nextInt(4));
      case 3 -> flip(random, bytes, 1);
      case 4 -> insert(bytes, at, new byte[] {(byte) random.nextInt(256)});
      case 5 -> insert(bytes, 0, new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF});
      case 6 -> recode(bytes, StandardCharsets.UTF_16);
      case 7 -> insert(bytes, at, new byte[1 << random.nextInt(21)]);
      default -> remove(bytes, at, 1 + random.nextInt(64));
    };
  }

  private static Result flip(RandomGenerator random, byte[] bytes, int count) {
    byte[] changed = bytes.clone();
    StringBuilder damage = new StringBuilder("bytes");
    for (int i = 0; i < count && changed.length > 0; i++) {
      int at = random.nextInt(changed.length);
      changed[at] =
          (byte) (random.nextBoolean() ? changed[at] ^ 1 << random.nextInt(8) : random.nextInt());
      damage.append(" %d=%02X".formatted(at, changed[at]));
    }
    return new Result(changed, damage.toString());
  }

  private static Result insert(byte[] bytes, int at, byte[] what) {
    byte[] changed = new byte[bytes.length + what.length];
    System.arraycopy(bytes, 0, changed, 0, at);
    System.arraycopy(what, 0, changed, at, what.length);
    System.arraycopy(bytes, at, changed, at + what.length, bytes.length - at);
    return new Result(changed, what.length + " bytes inserted at " + at);
  }

  private static Result remove(byte[] bytes, int at, int count) {
    int end = Math.min(bytes.length, at + count);
    byte[] changed = Arrays.copyOf(bytes, bytes.length - (end - at));
    System.arraycopy(bytes, end, changed, at, bytes.length - end);
    return new Result(changed, "bytes " + at + " to " + end + " removed");
  }

  private static Result recode(byte[] bytes, Charset charset) {
    return new Result(
        new String(bytes, StandardCharsets.UTF_8).getBytes(charset), "as " + charset.name());
  }
}
