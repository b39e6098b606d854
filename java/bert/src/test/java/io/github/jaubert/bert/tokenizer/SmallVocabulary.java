package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A vocabulary of 37 tokens, as many as the small BERT of the golden files has. */
public final class SmallVocabulary {
  /** [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, the 5, … */
  public static final String LINES =
      String.join(
          "\n",
          ("[PAD] [UNK] [CLS] [SEP] [MASK] the quick brown fox ##es jump ##s over lazy dog . , ! naive cafe 東 京 The "
                  + "naïve good bad film was very not a b c d e \u0085 \u2028")
              .split(" "));

  private SmallVocabulary() {}

  /** Its tokenizer.json, with more tokens behind the others. */
  static ObjectNode json(String... more) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (String token : (LINES + "\n" + String.join("\n", more)).split("\n")) {
      ids.putIfAbsent(token, ids.size());
    }
    ObjectNode none = JsonFiles.object();
    return new TokenizerJson(file -> file, none, none, none, none).ofVocabulary(ids);
  }

  /** Writes vocab.txt. */
  public static void write(Path folder) {
    TestFiles.write(folder.resolve("vocab.txt"), LINES + "\n");
  }
}
