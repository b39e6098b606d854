package io.github.jaubert.bert.tokenizer;

import io.github.jaubert.bert.checkpoint.TestFiles;
import java.nio.file.Path;

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

  /** Writes vocab.txt. */
  public static void write(Path folder) {
    TestFiles.write(folder.resolve("vocab.txt"), LINES + "\n");
  }
}
