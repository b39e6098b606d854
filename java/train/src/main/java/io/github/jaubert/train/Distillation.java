package io.github.jaubert.train;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Classifier;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * Another task, of which a small model, the student, learns beside its own labels what a larger one
 * says, the teacher (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network"; Sanh et
 * al. 2019, "DistilBERT"; Jiao et al. 2020, "TinyBERT"). It has the text, the length, the settings
 * and the judge of that task, and a teacher that does not learn.
 *
 * <p>The loss is {@code hard} times the task's own, plus {@code soft} times the divergence of
 * Kullback and Leibler from the teacher's distribution, both at a temperature and multiplied by its
 * square. As DistilBERT has it, on text without labels:
 *
 * <pre>{@code
 * try (MaskedLanguageModel teacher = MaskedLanguageModel.fromPretrained(dir);
 *     Tokenizer tokenizer = Tokenizer.fromPretrained(dir);
 *     MaskedLanguageModel student =
 *         MaskedLanguageModel.of(BertConfig.bertBase().withEncoder(384, 6, 6, 1536))) {
 *   Distillation task =
 *       Distillation.of(teacher, tokenizer, Pretraining.of(student, tokenizer).train(books))
 *           .weights(5, 2)
 *           .hiddenStates(HiddenStateLoss.COSINE, 1);
 *   Trainer.of(task).with(s -> s.tokens(200_000_000)).run();
 *   student.save(out);
 * }
 * }</pre>
 *
 * <p>A classifier learns from a fine-tuned one alike, {@code Distillation.of(teacher, tokenizer,
 * SequenceClassification.of(student, tokenizer).train(data))}, and so does one of tokens. On what
 * the task is judged by, {@code divergence} is measured too: the mean for each row, at temperature
 * 1.
 *
 * <p>It neither owns nor closes student, teacher and tokenizers. The teacher is in evaluation mode
 * from then on.
 */
public final class Distillation extends TaskAround<HeadTask<?, ?, ?>> {
  private final EncoderModel<?> teacher;
  private final Answers answers;
  private float temperature = 2;
  private float soft = 0.5f;
  private float hard = 0.5f;
  private HiddenStateLoss hidden; // null: not compared
  private float hiddenWeight;
  private Block model;
  private Linear projection; // null: the hidden states are not compared, or as wide

  /**
   * What the two say of the rows of a batch, as logits, and the task's own loss of the student's.
   */
  private record Answers(
      ProblemType type,
      BiFunction<TokenInputs, Inputs, Tensor> teacher,
      BiFunction<TokenInputs, Inputs, Tensor> student,
      OwnLoss own) {}

  @FunctionalInterface
  private interface OwnLoss {
    Tensor of(Tensor logits, Inputs inputs, float count);
  }

  /** A student, and what brings its hidden states to the teacher's width. */
  private static final class Projected extends Block {
    Projected(Block student, Linear projection) {
      add("student", student);
      add("projection", projection);
    }
  }

  private Distillation(
      EncoderModel<?> teacher, Tokenizer teachers, HeadTask<?, ?, ?> student, Answers answers) {
    super(student);
    this.teacher = teacher;
    this.answers = answers;
    model = student.model();
    HeadTask.require(teacher != student.model(), "the teacher is the student itself");
    requireSame(teachers, student.tokenizer());
    teacher.eval();
  }

  /**
   * A student that learns from masked tokens and from what its teacher says of them.
   *
   * @param teachers the teacher's tokenizer
   * @param student the task without a teacher
   * @throws IllegalArgumentException if the tokenizers or the sizes of the vocabularies differ
   */
  public static Distillation of(
      MaskedLanguageModel teacher, Tokenizer teachers, Pretraining student) {
    int tokens = teacher.config().vocabSize();
    HeadTask.require(
        tokens == student.model().config().vocabSize(),
        "the teacher has %,d tokens, the student %,d: their answers cannot be compared"
            .formatted(tokens, student.model().config().vocabSize()));
    return new Distillation(
        teacher,
        teachers,
        student,
        new Answers(
            ProblemType.SINGLE_LABEL,
            (text, inputs) -> teacher.logits(text, inputs.get(MaskedSequences.ROWS)),
            (text, inputs) -> student.model().logits(text, inputs.get(MaskedSequences.ROWS)),
            (logits, inputs, count) ->
                F.crossEntropy(
                    logits,
                    inputs.get(MaskedSequences.LABELS),
                    CrossEntropyOptions.defaults().withNormalizer(count))));
  }

  /**
   * A student that learns from labels and from what its teacher says of the same texts or tokens.
   *
   * @param teachers the teacher's tokenizer
   * @param student the task without a teacher
   * @throws IllegalArgumentException if the tokenizers or the labels differ
   */
  public static <M extends Classifier<M>> Distillation of(
      M teacher, Tokenizer teachers, ClassificationTask<?, M, ?> student) {
    HeadTask.require(
        teacher.labels().equals(student.model().labels()),
        "the teacher was trained for the labels %s, the student is to tell %s"
            .formatted(teacher.labels(), student.model().labels()));
    return new Distillation(
        teacher,
        teachers,
        student,
        new Answers(
            teacher.labels().problemType(),
            (text, inputs) -> teacher.forward(text),
            (text, inputs) -> student.model().forward(text),
            student::loss));
  }

  private static void requireSame(Tokenizer teachers, Tokenizer students) {
    int size = teachers.vocabularySize();
    HeadTask.require(
        size == students.vocabularySize(),
        "the teacher's tokenizer has %,d tokens, the student's %,d: they must be the same"
            .formatted(size, students.vocabularySize()));
    for (int id = 0; id < size; id++) {
      HeadTask.require(
          Objects.equals(teachers.token(id), students.token(id)),
          "token %d is %s in the teacher's tokenizer, %s in the student's: they must be the same"
              .formatted(id, teachers.token(id), students.token(id)));
    }
  }

  // ---- what is learnt ----

  /** What both divide their logits by before softmax, above 0; 2 unless said otherwise. */
  public Distillation temperature(float temperature) {
    HeadTask.require(
        temperature > 0 && temperature < Float.POSITIVE_INFINITY,
        "temperature " + temperature + ": a finite number above 0");
    this.temperature = temperature;
    return this;
  }

  /**
   * How much the teacher's answers and the task's own labels count; one half each unless said
   * otherwise.
   *
   * @param soft from 0
   * @param hard from 0, not both 0
   */
  public Distillation weights(float soft, float hard) {
    HeadTask.require(
        soft >= 0 && hard >= 0 && soft + hard > 0 && soft + hard < Float.POSITIVE_INFINITY,
        "weights %s and %s: finite numbers from 0, not both 0".formatted(soft, hard));
    this.soft = soft;
    this.hard = hard;
    return this;
  }

  /**
   * Compares hidden states too, of all tokens of a text with masks. If the teacher's are of another
   * width, a linear layer without bias brings the student's to it, which is trained along, drawn
   * from {@code Rng.global()}, and belongs to {@link #model}.
   *
   * @param weight how much it counts, above 0
   * @throws IllegalArgumentException if the task is none of masked tokens, or the layers of teacher
   *     and student do not fit
   */
  public Distillation hiddenStates(HiddenStateLoss loss, float weight) {
    HeadTask.require(
        weight > 0 && weight < Float.POSITIVE_INFINITY,
        "hiddenStates: a weight of " + weight + "; a finite number above 0");
    HeadTask.require(
        teacher instanceof MaskedLanguageModel,
        "hiddenStates: they are compared in learning masked tokens, not labels");
    loss.pairs(inside().model().config(), teacher.config());
    hidden = loss;
    hiddenWeight = weight;
    int from = inside().model().config().hiddenSize();
    int to = teacher.config().hiddenSize();
    if (from != to && projection == null) {
      projection = Linear.of(from, to, false);
      projection.to(inside().model().parameters().get(0).tensor().device());
      model = new Projected(inside().model(), projection);
    }
    return this;
  }

  // ---- the task ----

  /** The student; with a projection both, as {@code student} and {@code projection}. */
  @Override
  public Block model() {
    return model;
  }

  @Override
  public void prepare(TrainingListener listener) {
    int positions = teacher.config().maxPositionEmbeddings();
    HeadTask.require(
        inside().maxLength() <= positions,
        "texts of up to %d tokens, and a teacher of %d positions; maxLength(…) cuts them"
            .formatted(inside().maxLength(), positions));
    super.prepare(listener);
  }

  @Override
  Evaluation judge(Evaluation own) {
    return new DistillationEvaluation(this, own);
  }

  /**
   * {@inheritDoc}
   *
   * <p>The teacher's part is the sum over the rows that have a label, divided by the same count as
   * the task's own. That of hidden states is the mean over all tokens of a batch, times the batch's
   * share of the step's masked tokens.
   */
  @Override
  public Tensor loss(Inputs inputs, float count) {
    TokenInputs text = inputs.text();
    List<Tensor> states = hidden == null ? List.of() : studentEncoder().hiddenStates(text);
    Tensor logits = hidden == null ? answers.student().apply(text, inputs) : logits(states, inputs);
    Tensor loss = divergence(logits, inputs, temperature).mul(soft / count);
    loss = loss.mul(SoftTargets.scale(answers.type(), temperature));
    if (hard > 0) {
      loss = loss.add(answers.own().of(logits, inputs, count).mul(hard));
    }
    return hidden == null ? loss : loss.add(hiddenLoss(states, inputs).mul(hiddenWeight / count));
  }

  private Encoder studentEncoder() {
    return inside().model().encoder();
  }

  private Tensor logits(List<Tensor> states, Inputs inputs) {
    Tensor rows = inputs.get(MaskedSequences.ROWS);
    return ((MaskedLanguageModel) inside().model())
        .logits(states.get(states.size() - 1).indexSelect(0, rows));
  }

  /** The text as the teacher reads it. */
  private TokenInputs taught(TokenInputs text) {
    return teacher.encoder().inputs(text, text.inputIds());
  }

  /**
   * The sum over the rows that have a label.
   *
   * @param logits the student's, {@code [rows, labels]}
   */
  private Tensor divergence(Tensor logits, Inputs inputs, float temperature) {
    Tensor rows =
        SoftTargets.divergence(answers.type(), logits, teachersLogits(inputs), temperature);
    Tensor labels = inputs.get(MaskedSequences.LABELS);
    // Only labels that are one of several may be none.
    return (labels.dtype() == DType.I32 ? rows.mul(CountedTokens.counts(labels)) : rows).sum();
  }

  private Tensor teachersLogits(Inputs inputs) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      return scope.keep(answers.teacher().apply(taught(inputs.text()), inputs));
    }
  }

  /** The mean over the tokens of the batch, times the number of its masked tokens. */
  private Tensor hiddenLoss(List<Tensor> states, Inputs inputs) {
    List<int[]> pairs = hidden.pairs(inside().model().config(), teacher.config());
    List<Tensor> wanted = new ArrayList<>();
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      List<Tensor> all = teacher.encoder().hiddenStates(taught(inputs.text()));
      pairs.forEach(pair -> wanted.add(scope.keep(all.get(pair[1]))));
    }
    List<Tensor> own = pairs.stream().map(pair -> states.get(pair[0])).toList();
    Tensor counts = CountedTokens.counts(inputs.get(CountedTokens.TOKENS));
    Tensor masked = CountedTokens.counts(inputs.get(MaskedSequences.LABELS)).sum();
    return hidden.of(own, wanted, projection, counts).mul(masked);
  }

  /** The sum over the rows of a batch that have a label, at temperature 1. */
  Tensor divergence(Inputs inputs) {
    return divergence(answers.student().apply(inputs.text(), inputs), inputs, 1);
  }

  @Override
  public Map<String, Object> settings() {
    Map<String, Object> settings = super.settings();
    settings.put("temperature", temperature);
    settings.put("soft_weight", soft);
    settings.put("hard_weight", hard);
    settings.put("hidden_states", hidden == null ? "none" : hidden + " " + hiddenWeight);
    return settings;
  }

  /** What the task's own has, and the teacher by its weights. */
  @Override
  public Map<String, String> identity() {
    Map<String, String> identity = super.identity();
    identity.put("teacher", Fingerprint.of(teacher.parameters()));
    return identity;
  }
}
