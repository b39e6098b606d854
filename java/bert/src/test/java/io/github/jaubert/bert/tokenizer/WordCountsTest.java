package io.github.jaubert.bert.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.training.StringCounts;
import io.github.jaubert.bert.tokenizer.training.WordCounts;
import io.github.jaubert.fixture.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts that are cut into chunks have the words of whole texts, for any of the tokenizers. */
class WordCountsTest {
  private static final String[] PIECES = {
    " ",
    " ",
    " ",
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\u00A0",
    "\u3000",
    "\u2028",
    "\u0085",
    "\u180E",
    "\u200B",
    "\u0000",
    "\u001C",
    "\u000B",
    "\uFEFF",
    "\uFFFD",
    "\uD800",
    "\uDC00",
    "a",
    "b",
    "ab",
    "the",
    "The",
    "don't",
    "'s",
    "'",
    "1",
    "12",
    ".",
    ",",
    "!?",
    "-",
    "“",
    "”",
    "…",
    "é",
    "e\u0301",
    "\u0301",
    "ß",
    "İ",
    "東",
    "京",
    "ね",
    "고",
    "ﬁ",
    "😀",
    "👨\u200D👩",
    "ไทย",
    "\uE000",
    "\u0378",
    "x"
  };

  private static ObjectNode json(String kind) {
    ObjectNode config = JsonFiles.object();
    config.put("do_lower_case", !kind.equals("cased"));
    if (!kind.equals("bytes")) {
      return WordPiece.parts("config", config);
    }
    ObjectNode json = JsonFiles.object();
    json.putNull("normalizer");
    ObjectNode bytes = json.putObject("pre_tokenizer").put("type", "ByteLevel");
    bytes.put("add_prefix_space", false).put("trim_offsets", true).put("use_regex", true);
    return json;
  }

  @ParameterizedTest
  @ValueSource(strings = {"uncased", "cased", "bytes"})
  void wordsAreThoseOfWholeTexts(String kind) {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(1 + random.nextInt(60)); j > 0; j--) {
        text.append(PIECES[random.nextInt(PIECES.length)]);
      }
      texts.add(text.toString());
    }
    texts.add("long,".repeat(500) + " " + "x".repeat(300));
    Map<String, Long> expected = new TreeMap<>();
    Map<String, Long> found = new TreeMap<>();
    try (WordSplitter splitter = new WordSplitter(json(kind))) {
      for (String text : texts) {
        for (String word : splitter.words(text)) {
          expected.merge(word, 1L, Long::sum);
        }
      }
      int mostChunks = 1 + random.nextInt(4000); // some are turned into words early
      WordCounts counts = new WordCounts(splitter::words, 1 + random.nextInt(5), mostChunks);
      for (int from = 0; from < texts.size(); ) {
        int to = Math.min(texts.size(), from + random.nextInt(800));
        counts.add(texts.subList(from, to));
        from = to;
      }
      StringCounts words = counts.words();
      for (int i = 0; i < words.size(); i++) {
        found.put(words.string(i), words.count(i));
      }
    }
    assertTrue(expected.size() > 100);
    assertEquals(expected, found, () -> "-Djaubert.seed=" + seed);
  }
}
