package io.github.jaubert.cli.evaluate;

import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.MultiVectorEncoder;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.options.ChoiceOptions;
import io.github.jaubert.cli.options.EmbeddingOptions;
import io.github.jaubert.cli.options.RankingOptions;
import io.github.jaubert.train.EmbeddingTraining;
import io.github.jaubert.train.HeadTask;
import io.github.jaubert.train.MultiVectorTraining;
import io.github.jaubert.train.MultipleChoice;
import io.github.jaubert.train.Reranking;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.ChoiceColumns;
import io.github.jaubert.train.data.ChoiceDataset;
import io.github.jaubert.train.data.EmbeddingDataset;
import io.github.jaubert.train.data.RankingDataset;
import java.util.List;

/** Judges rerankers, encoders of sentences and models for multiple choice, by figures alone. */
public final class FiguresJudge extends Judge {
  private final Opener opener;
  private Opened opened; // null until it is opened

  /** What was opened; the task has the model and the data. */
  private record Opened(HeadTask<?, ?, ?> task, String counted, List<String> understood) {}

  /** Makes the task of a model with the data of the options. */
  @FunctionalInterface
  private interface Opener {
    Opened open(Options options, Tokenizer tokenizer);
  }

  private FiguresJudge(Options options, Opener opener) {
    super(options);
    this.opener = opener;
  }

  public static FiguresJudge ranking(Options options) {
    return new FiguresJudge(options, FiguresJudge::openRanking);
  }

  public static FiguresJudge embeddings(Options options) {
    return new FiguresJudge(options, FiguresJudge::openEmbeddings);
  }

  public static FiguresJudge multiVector(Options options) {
    return new FiguresJudge(options, FiguresJudge::openMultiVector);
  }

  public static FiguresJudge choices(Options options) {
    return new FiguresJudge(options, FiguresJudge::openChoices);
  }

  private static Opened openRanking(Options options, Tokenizer tokenizer) {
    RankingOptions.Columns columns = RankingOptions.columns(options.data());
    RankingDataset data =
        options
            .ranking()
            .read(options.data(), options.files(), columns, options.embeddings().scoreMax());
    Reranking task =
        Reranking.of(
            SequenceClassifier.fromPretrained(options.model()),
            tokenizer,
            options.ranking().loss());
    options.ranking().apply(task);
    return new Opened(
        task.evaluate(data),
        Figures.counted(data.size(), "passage"),
        List.of(
            "queries: %s, passages: %s, score: %s (--text-column, --pair-column, --label-column)"
                .formatted(columns.query(), columns.passage(), columns.score())));
  }

  private static Opened openEmbeddings(Options options, Tokenizer tokenizer) {
    EmbeddingOptions embeddings = options.embeddings().forJudging(options.data());
    EmbeddingOptions.Columns columns = embeddings.columns(options.data());
    EmbeddingDataset data = embeddings.read(options.data(), options.files(), columns);
    EmbeddingTraining task =
        EmbeddingTraining.of(
            SentenceEncoder.fromPretrained(options.model()), tokenizer, embeddings.loss());
    return new Opened(
        task.evaluate(data),
        Figures.counted(data.size(), "example"),
        List.of(
            "texts: %s%s (--text-column, --pair-column, --negative-column, --label-column)"
                .formatted(
                    String.join(", ", columns.texts()),
                    columns.score() == null ? "" : "; score: " + columns.score())));
  }

  private static Opened openMultiVector(Options options, Tokenizer tokenizer) {
    EmbeddingOptions texts = options.embeddings().forPairs();
    EmbeddingOptions.Columns columns = texts.columns(options.data());
    EmbeddingDataset data = texts.read(options.data(), options.files(), columns);
    return new Opened(
        MultiVectorTraining.of(MultiVectorEncoder.fromPretrained(options.model()), tokenizer)
            .evaluate(data),
        Figures.counted(data.size(), "example"),
        List.of(
            "texts: %s (--text-column, --pair-column, --negative-column)"
                .formatted(String.join(", ", columns.texts()))));
  }

  private static Opened openChoices(Options options, Tokenizer tokenizer) {
    ChoiceColumns columns = options.choices().columns(options.data());
    ChoiceDataset data = ChoiceOptions.read(options.data(), options.files(), columns);
    return new Opened(
        MultipleChoice.of(MultipleChoiceModel.fromPretrained(options.model()), tokenizer)
            .evaluate(data),
        Figures.counted(data.size(), "example"),
        List.of(
            "prompt: %s, choices: %s, answer: %s"
                .formatted(
                    columns.prompt(), String.join(", ", columns.choices()), columns.answer())));
  }

  @Override
  public void open() {
    opened = opener.open(options(), tokenizer());
  }

  @Override
  public String counted() {
    return opened.counted();
  }

  @Override
  public List<String> understood() {
    return opened.understood();
  }

  @Override
  Trainer trainer() {
    // The folder of a ColBERT says by itself how long its documents are.
    if (options().maxLength() != null || !(opened.task() instanceof MultiVectorTraining)) {
      opened.task().maxLength(maxLength());
    }
    return Trainer.of(opened.task());
  }

  @Override
  public void close() {
    super.close();
    if (opened != null) {
      EncoderModel<?> model = opened.task().model();
      model.close();
    }
  }
}
