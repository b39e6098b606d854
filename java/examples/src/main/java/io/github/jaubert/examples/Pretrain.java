package io.github.jaubert.examples;

import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.pipeline.FillMask;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.WordPieceTrainer;
import io.github.jaubert.train.Pretraining;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.corpus.Corpus;
import java.nio.file.Path;

/** Pre-trains an encoder from nothing but text, vocabulary included, and asks what it learned. */
public final class Pretrain {
  private Pretrain() {}

  /** Learns from the files in {@code books}, reads so many tokens, and writes {@code out}. */
  public static void pretrain(Path books, long tokens, Path runDir, Path out) {
    // README: pretrain
    Corpus corpus = Corpus.of(books); // files and folders of text; a document ends at an empty line
    try (Tokenizer tokenizer = WordPieceTrainer.of(16_000).train(corpus.texts());
        MaskedLanguageModel model =
            MaskedLanguageModel.of(
                BertConfig.bertBase()
                    .withVocabSize(tokenizer.vocabularySize())
                    .withEncoder(384, 6, 12, 1536))) { // as wide and deep as MiniLM
      Trainer.of(Pretraining.of(model, tokenizer).train(corpus).heldOut(0.01))
          .with(s -> s.tokens(tokens).batchTokens(4096).learningRate(5e-4f).evaluateEvery(500))
          .checkpoints(runDir)
          .run();
      model.save(out); // transformers loads it; so do finetune and SequenceClassifier
    }
    // README: end
  }

  /** Prints what the model puts at a mask. */
  public static void fill(Path out) {
    // README: fill
    try (FillMask fill = Pipelines.fillMask(out)) {
      System.out.println(fill.of("The capital of France is [MASK]."));
    }
    // README: end
  }

  /** The text, a number of tokens and where to write, as arguments. */
  public static void main(String[] arguments) {
    Path out = Path.of(arguments[2]);
    pretrain(
        Path.of(arguments[0]),
        Long.parseLong(arguments[1]),
        out.resolveSibling(out.getFileName() + ".run"),
        out);
    fill(out);
  }
}
