package io.github.jaubert.train;

import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.corpus.Sequences;
import io.github.jaubert.train.corpus.TokenizedCorpus;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pre-training: text without labels, of which a {@link MaskedLanguageModel} is to tell masked
 * tokens (Devlin et al. 2019). It is judged on text that it does not learn from by {@code loss},
 * {@code accuracy} (the share of masked tokens that is told) and {@code perplexity}.
 *
 * <pre>{@code
 * Corpus books = Corpus.of(Path.of("books"));
 * Tokenizer tokenizer = WordPieceTrainer.of(16_000).train(books.texts());
 * MaskedLanguageModel model = MaskedLanguageModel.of(BertConfig.…);
 * Trainer.of(Pretraining.of(model, tokenizer).train(books).heldOut(0.01))
 *     .with(s -> s.tokens(200_000_000).batchTokens(8192).learningRate(5e-4f))
 *     .checkpoints(run)
 *     .run();
 * model.save(out);
 * }</pre>
 *
 * <p>Text is cut into sequences that never go over the end of a document ({@link Sequences}).
 */
public final class Pretraining extends CorpusTask<Pretraining, MaskedLanguageModel> {
  private static final Logger LOG = LoggerFactory.getLogger(Pretraining.class);

  private Pretraining(MaskedLanguageModel model, Tokenizer tokenizer) {
    super(model, tokenizer);
  }

  /**
   * The task of a model.
   *
   * @throws IllegalArgumentException if the tokenizer has no mask token, or more tokens than the
   *     model has embeddings
   */
  public static Pretraining of(MaskedLanguageModel model, Tokenizer tokenizer) {
    return new Pretraining(model, tokenizer);
  }

  @Override
  Cut cut(TokenizedCorpus corpus, String source) {
    Sequences sequences = Sequences.of(corpus, tokenizer(), maxLength());
    LOG.info("{}: {} in {}", source, corpus, sequences);
    return (documents, seed) -> {
      int[] numbers = numbers(sequences, corpus, documents);
      return new MaskedSequences(
          sequences, numbers, masking(), seed, identity(numbers.length, corpus));
    };
  }

  @Override
  Evaluation judge(Examples examples) {
    return new MaskedEvaluation(model(), examples);
  }

  /** The sequences of some documents. */
  private static int[] numbers(
      Sequences sequences, TokenizedCorpus corpus, LongPredicate documents) {
    IntStream.Builder numbers = IntStream.builder();
    int sequence = 0;
    for (long document = 0; document < corpus.documents(); document++) {
      long end = corpus.documentStart(document + 1);
      boolean wanted = documents.test(document);
      for (; sequence < sequences.size() && sequences.start(sequence) < end; sequence++) {
        if (wanted) {
          numbers.add(sequence);
        }
      }
    }
    return numbers.build().toArray();
  }

  /**
   * {@inheritDoc}
   *
   * <p>The mean over the masked tokens of all batches of the step.
   */
  @Override
  public Tensor loss(Inputs inputs, float count) {
    Tensor labels = inputs.get(MaskedSequences.LABELS);
    return model()
        .loss(inputs.text(), inputs.get(MaskedSequences.ROWS), labels, count, hits(labels));
  }
}
