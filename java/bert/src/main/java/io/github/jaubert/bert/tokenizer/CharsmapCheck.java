package io.github.jaubert.bert.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;

/**
 * Follows SentencePiece's table of characters (precompiled_charsmap) wherever a text can lead: the
 * native library panics when it leaves the table. The table is the length of a trie in bytes, the
 * trie as a double array (Aoe 1989, packed as by Darts-clone) and the replacements, each up to a
 * NUL.
 */
final class CharsmapCheck {
  private static final int VALUE = 0x7FFFFFFF;
  private static final int LEAF = 1 << 8;

  private final IntBuffer trie;
  private final byte[] texts;

  private CharsmapCheck(IntBuffer trie, byte[] texts) {
    this.trie = trie;
    this.texts = texts;
  }

  /** What is wrong with a table, or null. */
  static String problem(String base64) {
    byte[] decoded;
    try {
      decoded = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      return "no base64";
    }
    if (!Base64.getEncoder().encodeToString(decoded).equals(base64)) {
      return "base64 without its padding";
    }
    ByteBuffer bytes = ByteBuffer.wrap(decoded).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() < 4) {
      return "too short to be a table of characters";
    }
    long size = Integer.toUnsignedLong(bytes.getInt()) / 4 * 4;
    if (size < 4 || size > bytes.remaining()) {
      return "a trie of " + size + " bytes in a table of " + bytes.remaining();
    }
    IntBuffer trie = bytes.slice(4, (int) size).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
    bytes.position(4 + (int) size);
    byte[] texts = new byte[bytes.remaining()];
    bytes.get(texts);
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
    } catch (CharacterCodingException e) {
      return "replacements that are not UTF-8";
    }
    return new CharsmapCheck(trie, texts).walk();
  }

  /** Visits every node that some bytes lead to; a node's children lie at its base xor the byte. */
  private String walk() {
    BitSet seen = new BitSet(trie.limit());
    ArrayDeque<Integer> bases = new ArrayDeque<>();
    long root = offset(trie.get(0));
    if (root >= trie.limit()) {
      return outside(0, root);
    }
    bases.add((int) root);
    while (!bases.isEmpty()) {
      int base = bases.remove();
      for (int c = 1; c < 256; c++) {
        int at = base ^ c;
        if (at >= trie.limit()) {
          return outside(base, at);
        }
        int unit = trie.get(at);
        if ((unit & 0x800000FF) != c || seen.get(at)) {
          continue;
        }
        seen.set(at);
        long next = at ^ offset(unit);
        if (next >= trie.limit()) {
          return outside(at, next);
        }
        if ((unit & LEAF) != 0 && !isText(trie.get((int) next) & VALUE)) {
          return "a replacement at "
              + (trie.get((int) next) & VALUE)
              + " of "
              + texts.length
              + " bytes";
        }
        bases.add((int) next);
      }
    }
    return null;
  }

  private String outside(int from, long to) {
    return "a trie whose node " + from + " leads to " + to + " of " + trie.limit();
  }

  private static long offset(int unit) {
    return (long) (unit >>> 10) << ((unit & 1 << 9) >> 6);
  }

  private boolean isText(int start) {
    return start <= texts.length && (start == texts.length || (texts[start] & 0xC0) != 0x80);
  }
}
