package io.github.jaubert.cli.pretrain;

import io.github.jaubert.bert.pipeline.FillMask;
import io.github.jaubert.bert.pipeline.MaskFill;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.Pretraining;
import io.github.jaubert.train.corpus.Corpus;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.StringJoiner;

/** A few texts that a model was not trained on, of each a word masked, and what it says of them. */
public final class FilledTexts {
  private static final int SHOWN = 3;
  private static final int TOP = 3;
  private static final int LONGEST = 100;

  /** Shorter words are easily told. */
  private static final int LETTERS = 4;

  private final Path folder;
  private final PrintWriter say;

  /**
   * Texts for a model.
   *
   * @param folder of the model
   */
  public FilledTexts(Path folder, PrintWriter say) {
    this.folder = folder;
    this.say = say;
  }

  /**
   * Prints them.
   *
   * @param heldOut how much of the corpus the model was judged by, see {@link Pretraining#heldOut};
   *     0 for all
   */
  public void print(Corpus corpus, double heldOut) {
    try (FillMask fill = Pipelines.fillMask(folder).top(TOP);
        Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      int shown = 0;
      long document = 0;
      boolean any =
          heldOut == 0; // of so few documents that none of a group is, the last is held out
      Iterator<String> texts = corpus.texts().iterator();
      while (texts.hasNext() && shown < SHOWN) {
        String text = texts.next();
        boolean judged = heldOut == 0 || Pretraining.isHeldOut(document, heldOut);
        any |= judged;
        if (judged || !any && !texts.hasNext()) {
          shown += print(shortened(text), fill, tokenizer) ? 1 : 0;
        }
        document++;
      }
      say.println();
    }
  }

  /** To the end of a word. */
  private static String shortened(String text) {
    int end = text.length() <= LONGEST ? -1 : text.lastIndexOf(' ', LONGEST);
    return end <= 0 ? text : text.substring(0, end) + " …";
  }

  /** Whether the text has a word that can be told. */
  private boolean print(String text, FillMask fill, Tokenizer tokenizer) {
    String[] words = text.split(" ");
    for (int i = words.length / 2; i < words.length; i++) {
      String word = words[i];
      if (word.length() >= LETTERS
          && word.chars().allMatch(Character::isLowerCase)
          && isToken(word, tokenizer)) {
        words[i] = fill.mask();
        List<MaskFill> fills = fill.of(String.join(" ", words)).get(0);
        StringJoiner answers = new StringJoiner(", ");
        fills.forEach(answer -> answers.add(answer.toString()));
        say.printf("  %s%n    → %s; it was %s%n", String.join(" ", words), answers, word);
        return true;
      }
    }
    return false;
  }

  /** Whether a word is one token where it stands behind another, whose blank may be part of it. */
  private static boolean isToken(String word, Tokenizer tokenizer) {
    return tokenizer.encode("a " + word).length() == tokenizer.encode("a").length() + 1;
  }
}
