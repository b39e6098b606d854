package io.github.jaubert.cli.options;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Classifier;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.ClassificationTask;
import io.github.jaubert.train.Distillation;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say from which fine-tuned model another one learns, too. */
public final class TeacherOptions {
  private static final float TEMPERATURE = 2;
  private static final float SOFT_WEIGHT = 0.5f;

  @Option(
      names = "--teacher",
      paramLabel = "MODEL",
      description =
          "Learn from what a fine-tuned model says, too: a folder, or a name on the Hub, of one with the same labels and"
              + " the same vocabulary.")
  private Path teacher;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "What the answers of both are divided by before they are compared. Default: 2.")
  private Float temperature;

  @Option(
      names = "--soft-weight",
      paramLabel = "SHARE",
      description =
          "How much the teacher's answers count; the labels of the data count the rest of 1. Default:"
              + " 0.5.")
  private Float softWeight;

  public void check(CommandLine command) {
    teacher = ModelOption.folder(command, "--teacher", teacher);
    if (teacher == null && (temperature != null || softWeight != null)) {
      throw new ParameterException(command, "--temperature and --soft-weight need --teacher");
    }
    if (!(temperature() > 0 && temperature() < Float.POSITIVE_INFINITY)) {
      throw new ParameterException(
          command, "--temperature " + temperature + ": a finite number above 0");
    }
    if (!(softWeight() > 0 && softWeight() <= 1)) {
      throw new ParameterException(command, "--soft-weight " + softWeight + ": above 0, at most 1");
    }
  }

  public boolean isGiven() {
    return teacher != null;
  }

  private float temperature() {
    return temperature == null ? TEMPERATURE : temperature;
  }

  private float softWeight() {
    return softWeight == null ? SOFT_WEIGHT : softWeight;
  }

  /** What is said of it, in a line. */
  public String said() {
    return "taught by %s, whose answers count %s at temperature %s"
        .formatted(teacher, softWeight(), temperature());
  }

  /** Writes for {@code run.json} what the settings of the run do not tell. */
  public void describe(ObjectNode json) {
    json.put("teacher", teacher.toString());
  }

  /**
   * Loads the teacher, with its outputs in the order of the labels.
   *
   * @param headOutputs how many outputs the head in a folder has
   * @param stored loads a folder with the labels it has
   * @param ordered loads a folder with the same labels in this order
   * @throws CheckpointException if it has no head, or other labels
   */
  public <M extends Classifier<M>> M open(
      Labels labels,
      ToIntFunction<Path> headOutputs,
      Function<Path, M> stored,
      Function<Path, M> ordered) {
    if (headOutputs.applyAsInt(teacher) == 0) {
      throw new CheckpointException(
          teacher.toString(), "has no head for the task; a teacher is a fine-tuned model");
    }
    M model = stored.apply(teacher);
    Labels there = model.labels();
    if (there.equals(labels)) {
      return model;
    }
    model.close();
    if (!isSame(there, labels)) {
      throw new CheckpointException(
          teacher.toString(),
          "the teacher was trained for the labels %s, and the data have %s: they must be the same"
              .formatted(there, labels));
    }
    return ordered.apply(teacher);
  }

  /** Whether they differ in no more than their order, or what a score is called. */
  private static boolean isSame(Labels there, Labels here) {
    return there.problemType() == here.problemType()
        && (here.problemType() == ProblemType.REGRESSION || names(there).equals(names(here)));
  }

  /** Outputs without names, {@code LABEL_2}, are those of the labels {@code 2}. */
  private static Set<String> names(Labels labels) {
    return labels.names().stream()
        .map(name -> name.replaceFirst("^LABEL_(\\d+)$", "$1"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * The task of a student.
   *
   * @param model the teacher
   * @throws CheckpointException if their tokenizers differ
   */
  public <M extends Classifier<M>> Distillation task(M model, ClassificationTask<?, M, ?> student) {
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(teacher)) {
      return Distillation.of(model, tokenizer, student)
          .temperature(temperature())
          .weights(softWeight(), 1 - softWeight());
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(teacher.toString(), e.getMessage(), e);
    }
  }
}
