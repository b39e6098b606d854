package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.SpanRows;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.ChoiceDataset;
import io.github.jaubert.train.data.Choices;
import io.github.jaubert.train.data.EncodedDataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Prompts with choices, one of which is right, and which a {@link MultipleChoiceModel} is to tell:
 * each choice is read with its prompt, and the loss is the cross-entropy over those of an example.
 * It is judged by {@code accuracy}.
 *
 * <pre>{@code
 * MultipleChoice.of(MultipleChoiceModel.forTraining(dir), tokenizer)
 *     .train(ChoiceDataset.read(train, TableFormat.CSV, columns, true))
 *     .evaluate(ChoiceDataset.read(dev, TableFormat.CSV, columns, true))
 * }</pre>
 */
public final class MultipleChoice
    extends HeadTask<MultipleChoice, MultipleChoiceModel, ChoiceDataset> {
  private static final String ROWS = "rows";
  private static final String PADDING = "padding";
  private static final String ANSWERS = "answers";

  private MultipleChoice(MultipleChoiceModel model, Tokenizer tokenizer) {
    super(model, tokenizer);
  }

  /** The task of a model; texts are tokenised by {@code tokenizer}. */
  public static MultipleChoice of(MultipleChoiceModel model, Tokenizer tokenizer) {
    return new MultipleChoice(model, tokenizer);
  }

  /** The data to be judged by. */
  public MultipleChoice evaluate(ChoiceDataset data) {
    return judgeBy(data);
  }

  // ---- the task ----

  @Override
  protected Prepared prepare(
      ChoiceDataset train, ChoiceDataset evaluation, Tokenizer cutting, TrainingListener listener) {
    Examples learnt = examples(train, cutting, listener);
    return new Prepared(
        learnt, evaluation == null ? null : new Judge(examples(evaluation, cutting, listener)));
  }

  private Examples examples(ChoiceDataset data, Tokenizer cutting, TrainingListener listener) {
    int[] firsts = new int[data.size() + 1]; // the text of each example's first choice
    List<String> prompts = new ArrayList<>();
    List<String> choices = new ArrayList<>();
    for (int i = 0; i < data.size(); i++) {
      Choices row = data.rows().get(i);
      row.choices().forEach(choice -> prompts.add(row.prompt()));
      choices.addAll(row.choices());
      firsts[i + 1] = choices.size();
    }
    DataChecks.refuseBlank(data.source(), "choice", choices);
    TokenizingProgress progress = new TokenizingProgress(listener, data.source(), choices.size());
    EncodedDataset encoded = EncodedDataset.of(prompts, choices, cutting, progress);
    progress.done();
    EncoderConfig config = model().config();
    DataChecks.tokens(data.source(), encoded, cutting, config.maxPositionEmbeddings());
    DataChecks.embeddings(
        data.origin(), text -> line(data, firsts, text), encoded, cutting, config);
    int[] lengths = encoded.lengths();
    return Examples.of(
        data.size(),
        row -> IntStream.range(firsts[row], firsts[row + 1]).map(text -> lengths[text]).sum(),
        rows -> batch(data, encoded, firsts, rows));
  }

  private static long line(ChoiceDataset data, int[] firsts, int text) {
    int found = Arrays.binarySearch(firsts, text);
    return data.rows().get(found < 0 ? -found - 2 : found).line();
  }

  private static Batch batch(ChoiceDataset data, EncodedDataset encoded, int[] firsts, int[] rows) {
    int[] counts = Arrays.stream(rows).map(row -> firsts[row + 1] - firsts[row]).toArray();
    int[] texts =
        Arrays.stream(rows).flatMap(row -> IntStream.range(firsts[row], firsts[row + 1])).toArray();
    int[] answers = Arrays.stream(rows).map(row -> data.rows().get(row).answer()).toArray();
    SpanRows table = SpanRows.of(PackedSequences.of(counts), data.most());
    return Batch.of(rows.length)
        .text(Batch.TEXT, encoded.batch(texts))
        .with(ROWS, table.rows())
        .with(PADDING, table.padding(), rows.length, table.width())
        .with(ANSWERS, answers);
  }

  @Override
  public Tensor loss(Inputs inputs, float count) {
    return model()
        .loss(
            model().forward(inputs.text()),
            inputs.get(ROWS),
            inputs.get(PADDING),
            inputs.get(ANSWERS),
            count);
  }

  /** Accuracy, and the mean loss. */
  private final class Judge implements Evaluation {
    private final Examples examples;
    private ClassScore score;

    Judge(Examples examples) {
      this.examples = examples;
    }

    @Override
    public Examples examples() {
      return examples;
    }

    @Override
    public List<String> metrics() {
      return List.of("accuracy");
    }

    @Override
    public void reset() {
      score = new ClassScore();
    }

    @Override
    public void add(Inputs inputs, int[] rows) {
      Tensor logits = model().forward(inputs.text());
      score.add(
          MultipleChoiceModel.table(logits, inputs.get(ROWS), inputs.get(PADDING)),
          inputs.get(ANSWERS));
    }

    @Override
    public Map<String, Double> result() {
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("loss", score.loss());
      values.put("accuracy", score.accuracy());
      return values;
    }
  }
}
