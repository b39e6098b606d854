package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Where a text may be cut so that its parts have the tokens of the whole, and what may be left out
 * of it without another token coming of it. Both depend on the tokenizer; what is not known to be
 * safe is not done.
 */
final class TextCuts {
  /** What characters come to in BERT's normalizer. */
  enum Kind {
    /** Part of a word, which it makes longer by one character at least. */
    WORD,
    /** Between words. */
    BLANK,
    /** Dropped. */
    NOTHING,
    /** Anything else, or not known for sure. */
    OTHER
  }

  /** Each treats a character in its place, or those that combine with it. */
  private static final Set<String> NORMALIZERS =
      Set.of("BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents");

  private static final Set<String> WORD_SPLITTERS =
      Set.of("BertPreTokenizer", "Whitespace", "WhitespaceSplit");
  private static final Set<String> FURTHER_SPLITTERS =
      Set.of("BertPreTokenizer", "Whitespace", "WhitespaceSplit", "Punctuation", "Digits");

  private final boolean byteLevel;
  private final boolean atPunctuation;
  private final boolean amongChinese;
  private final boolean dropsAccents;
  private final boolean bert; // its normalizer and its pre-tokenizer
  private final Set<Integer> inAddedTokens = new HashSet<>();
  private final Set<Integer> notBeforeBlank = new HashSet<>();
  private boolean anyBeforeBlank = true;
  private final Set<Kind> shortened = new HashSet<>(Set.of(Kind.BLANK, Kind.NOTHING));
  private int longestAdded;
  private final int kept;

  private TextCuts(ObjectNode json) {
    JsonNode normalizer = json.path("normalizer");
    JsonNode splitter = json.path("pre_tokenizer");
    String split = splitter.path("type").asText();
    byteLevel = split.equals("ByteLevel");
    atPunctuation = split.equals("BertPreTokenizer");
    boolean normal = normalizer.path("type").asText().equals("BertNormalizer");
    amongChinese =
        normal && atPunctuation && normalizer.path("handle_chinese_chars").asBoolean(true);
    JsonNode accents = normalizer.path("strip_accents");
    dropsAccents =
        normal
            && (accents.isBoolean()
                ? accents.asBoolean()
                : normalizer.path("lowercase").asBoolean(true));
    bert = normal && atPunctuation && normalizer.path("clean_text").asBoolean(true);
    json.path("added_tokens").forEach(this::add);
    JsonNode model = json.path("model");
    int limit = model.path("max_input_chars_per_word").asInt(100);
    if (model.path("type").asText().equals("WordPiece")) {
      shortened.add(Kind.WORD); // longer words are all the unknown token
    }
    json.path("added_tokens").forEach(this::keepRunsThatHold);
    kept = Math.max(0, limit) + 1 + longestAdded;
  }

  /**
   * The cuts of a tokenizer.json, or null if there is nothing known to be safe.
   *
   * @param json one that {@link TokenizerCheck} let pass
   */
  static TextCuts of(ObjectNode json) {
    boolean known =
        isLocal(json.path("normalizer"))
            && splitsAtBlanks(json.path("pre_tokenizer"))
            && json.path("model").path("dropout").asDouble() == 0;
    return known ? new TextCuts(json) : null;
  }

  private static boolean isLocal(JsonNode normalizer) {
    if (normalizer.isMissingNode() || normalizer.isNull()) {
      return true;
    }
    String type = normalizer.path("type").asText();
    if (!type.equals("Sequence")) {
      return NORMALIZERS.contains(type);
    }
    for (JsonNode part : normalizer.path("normalizers")) {
      if (!isLocal(part)) {
        return false;
      }
    }
    return true;
  }

  private static boolean splitsAtBlanks(JsonNode splitter) {
    String type = splitter.path("type").asText();
    if (type.equals("ByteLevel")) {
      return splitter.path("use_regex").asBoolean(true);
    }
    if (!type.equals("Sequence")) {
      return WORD_SPLITTERS.contains(type);
    }
    JsonNode parts = splitter.path("pretokenizers");
    for (JsonNode part : parts) {
      if (!FURTHER_SPLITTERS.contains(part.path("type").asText())) {
        return false;
      }
    }
    return WORD_SPLITTERS.contains(parts.path(0).path("type").asText());
  }

  // ---- added tokens, which are found before words are split ----

  private void add(JsonNode token) {
    String content = token.path("content").asText();
    boolean plain = content.chars().allMatch(c -> c > ' ' && c < 0x7F);
    for (String form : forms(content)) {
      form.codePoints().forEach(inAddedTokens::add);
      longestAdded = Math.max(longestAdded, form.length());
    }
    // A token with a blank in it may go on behind the cut; one with rstrip takes the blank along.
    if (!plain || (byteLevel && token.path("rstrip").asBoolean())) {
      anyBeforeBlank = false;
      forms(content).forEach(form -> form.codePoints().forEach(notBeforeBlank::add));
    }
  }

  /** A run of characters in which an added token may be hidden is left as it is. */
  private void keepRunsThatHold(JsonNode token) {
    for (String form : forms(token.path("content").asText())) {
      for (Kind kind : List.of(Kind.WORD, Kind.BLANK, Kind.NOTHING)) {
        if (form.codePoints().mapToObj(this::kind).allMatch(k -> k == kind || k == Kind.NOTHING)) {
          shortened.remove(kind);
        }
      }
    }
  }

  /** The spellings that a normalizer may give a token. */
  private static List<String> forms(String content) {
    String lower = content.toLowerCase(Locale.ROOT);
    return List.of(
        content,
        lower,
        content.toUpperCase(Locale.ROOT),
        Normalizer.normalize(content, Normalizer.Form.NFKD),
        Normalizer.normalize(lower, Normalizer.Form.NFKD));
  }

  // ---- characters ----

  /** What a character comes to; sure of a few large families, no more. */
  Kind kind(int c) {
    if (!bert) {
      return Kind.OTHER;
    }
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xA0 || c == 0x3000) {
      return Kind.BLANK;
    }
    if (c < ' ' || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) || c == 0x2060) {
      return Kind.NOTHING;
    }
    if (c == 0xFEFF || c == 0xFFFD) {
      return Kind.NOTHING;
    }
    if (c >= 0x300 && c <= 0x36F) {
      return dropsAccents ? Kind.NOTHING : Kind.WORD;
    }
    boolean word =
        isLetter(c)
            || (c >= 0x1F600 && c <= 0x1F640) // faces
            || (isChinese(c) && !amongChinese);
    return word ? Kind.WORD : Kind.OTHER;
  }

  /** Letters and digits that have been in Unicode for so long that every library knows them. */
  private static boolean isLetter(int c) {
    boolean old =
        c < 0x250
            || (c >= 0x386 && c < 0x528) // Greek, Cyrillic
            || (c >= 0x5D0 && c <= 0x5EA) // Hebrew
            || (c >= 0x621 && c <= 0x64A) // Arabic
            || (c >= 0x905 && c <= 0x939) // Devanagari
            || (c >= 0xE01 && c <= 0xE30) // Thai
            || (c >= 0x3041 && c <= 0x3096) // Hiragana
            || (c >= 0x30A1 && c <= 0x30FA) // Katakana
            || (c >= 0xAC00 && c <= 0xD7A3); // Hangul
    return old && Character.isLetter(c) || (c >= '0' && c <= '9');
  }

  private static boolean isChinese(int c) {
    return c >= 0x4E00 && c <= 0x9FA5;
  }

  private static boolean isAsciiPunctuation(char c) {
    return c > ' ' && c < 0x7F && !Character.isLetterOrDigit(c);
  }

  /** Surely not dropped, so that it is what stands before the cut for an added token, too. */
  private static boolean isFirm(char c) {
    return isAsciiPunctuation(c) || isLetter(c) || isChinese(c);
  }

  // ---- cuts ----

  /**
   * Whether {@code text} may be cut before the character at {@code at}, which is neither its first
   * nor behind its last.
   */
  boolean isCut(String text, int at) {
    char left = text.charAt(at - 1);
    char right = text.charAt(at);
    if (byteLevel) { // a word is split off together with the one space before it
      return right == ' '
          && isFirm(left)
          && !notBeforeBlank.contains((int) left)
          && at + 1 < text.length()
          && isFirm(text.charAt(at + 1));
    }
    if (right == ' ' || right == '\n' || right == '\t' || right == '\r') {
      return anyBeforeBlank || (isFirm(left) && !notBeforeBlank.contains((int) left));
    }
    if (atPunctuation && isAsciiPunctuation(left) && left != '_') {
      return right > ' ' && right < 0x7F && !inAddedTokens.contains((int) left);
    }
    return amongChinese
        && isChinese(left)
        && isChinese(right)
        && !inAddedTokens.contains((int) left)
        && !inAddedTokens.contains((int) right);
  }

  /** Whether the middle of a long run of these may be left out. */
  boolean isShortened(Kind kind) {
    return shortened.contains(kind);
  }

  /** How many characters at either end of such a run must stay. */
  int kept() {
    return kept;
  }
}
