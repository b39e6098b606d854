package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.modernbert.ModernBertConfig;
import io.github.jaubert.optim.Decay;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import io.github.jaubert.train.metrics.F1;
import io.github.jaubert.train.metrics.Metric;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A run is only continued by one that would have the same result, and by every such one. */
class RunIdentityTest extends TrainerFixture {
  private Path run;

  /** A run of one pass that keeps its best of two. */
  private Trainer base(Task task) {
    return trainer(task).with(s -> s.epochs(1).evaluateEvery(6).keepBest(true)).checkpoints(run);
  }

  private Trainer base(SequenceClassifier model) {
    return base(task(model));
  }

  @BeforeEach
  void runOnce() {
    run = folder.resolve("run");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      base(model).run();
    }
  }

  private String refusal(SequenceClassifier model) {
    return refusal(base(model));
  }

  private String refusal(Trainer trainer) {
    String message = assertThrows(CheckpointException.class, trainer::run).getMessage();
    String begin = run.resolve(RunFolder.CHECKPOINT) + ": belongs to another run: ";
    assertTrue(message.startsWith(begin), message);
    return message.substring(begin.length());
  }

  /** Another value of each setting that the result depends on. */
  private static Map<String, UnaryOperator<TrainingSettings>> settings() {
    Map<String, UnaryOperator<TrainingSettings>> changes = new LinkedHashMap<>();
    changes.put("epochs", s -> s.epochs(2));
    changes.put("tokens", s -> s.tokens(100));
    changes.put("learning_rate", s -> s.learningRate(2e-3f));
    changes.put("schedule", s -> s.schedule(Decay.Curve.COSINE));
    changes.put("warmup", s -> s.warmup(0.2f));
    changes.put("learning_rate_scales", s -> s.learningRateScale("^classifier", 10));
    changes.put("layer_decay", s -> s.layerDecay(0.9f));
    changes.put("optimizer", s -> s.optimizer(OptimizerType.LAMB));
    changes.put("beta2", s -> s.beta2(0.98f));
    changes.put("eps", s -> s.eps(1e-12f));
    changes.put("weight_decay", s -> s.weightDecay(0));
    changes.put("max_norm", s -> s.maxNorm(2));
    changes.put("batch_size", s -> s.batchSize(16));
    changes.put("batch_tokens", s -> s.batchTokens(64));
    changes.put("micro_batch_tokens", s -> s.microBatchTokens(64));
    changes.put("gradient_accumulation", s -> s.gradientAccumulation(2));
    changes.put("seed", s -> s.seed(4));
    changes.put("evaluate_every", s -> s.evaluateEvery(4));
    changes.put("evaluate_epochs", s -> s.evaluateEpochs(7));
    changes.put("patience", s -> s.patience(9));
    changes.put("ema_decay", s -> s.emaDecay(0.9f));
    changes.put("keep_best", s -> s.keepBest(false));
    changes.put("freeze", s -> s.freeze("embeddings"));
    return changes;
  }

  /** What belongs to the task. */
  private static Map<String, UnaryOperator<SequenceClassification>> choices() {
    Map<String, UnaryOperator<SequenceClassification>> changes = new LinkedHashMap<>();
    changes.put("max_length", task -> task.maxLength(64)); // cuts no text, but is saved
    changes.put("label_smoothing", task -> task.labelSmoothing(0.1f));
    changes.put("class_weights", task -> task.classWeights(1, 2));
    changes.put("loss", task -> task.loss("own", (logits, labels, count) -> logits.sum()));
    return changes;
  }

  @Test
  void otherSettingsAreRefusedByName() {
    settings()
        .forEach(
            (name, change) -> {
              try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
                requireNamed(name, refusal(base(model).with(change)));
              }
            });
    choices()
        .forEach(
            (name, change) -> {
              try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
                requireNamed(name, refusal(base(change.apply(task(model)))));
              }
            });
  }

  private static void requireNamed(String name, String message) {
    assertTrue(message.matches("(?s).*\\b" + name + " was \\S.* and is \\S.*"), message);
    // One thing is named, but where a setting takes the place of another or implies it.
    int different =
        switch (name) {
          case "keep_best" -> 3;
          case "batch_tokens", "freeze" -> 2;
          case "optimizer" -> 2; // each has its own eps
          case "class_weights" -> 3; // every batch has them
          default -> 1;
        };
    assertEquals(different + 1, message.split(" was ").length, message);
    assertTrue(
        message.endsWith("; use another folder, or delete this file to begin anew"), message);
  }

  /** A setting that is added belongs to the identity, or to what is known to change nothing. */
  @Test
  void everySettingIsThereOrChangesNothing() {
    Set<String> fields = new TreeSet<>();
    for (Field field : TrainingSettings.class.getDeclaredFields()) {
      if (!Modifier.isStatic(field.getModifiers())) {
        fields.add(field.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT));
      }
    }
    TrainingSettings before = TrainingSettings.defaults().keepBest(true).epochs(1);
    assertEquals(fields, before.byName().keySet().stream().collect(Collectors.toSet()));
    Map<String, UnaryOperator<TrainingSettings>> all = new LinkedHashMap<>(settings());
    all.put("graphs", s -> s.graphs(true));
    all.put("precision", s -> s.precision(DType.BF16));
    all.forEach(
        (name, change) -> {
          TrainingSettings changed = change.apply(before);
          assertFalse(before.equals(changed), name);
          assertFalse(before.identity().equals(changed.identity()), name);
        });
    Set<String> tried = new TreeSet<>(all.keySet());
    tried.addAll(Set.of("log_every", "evaluate_at_start", "gradient_checkpointing"));
    assertEquals(fields, tried);
    TrainingSettings unchanging =
        before.logEvery(3).evaluateAtStart(true).gradientCheckpointing(true);
    assertFalse(before.equals(unchanging));
    assertEquals(before.identity(), unchanging.identity());
  }

  @Test
  void theOrderOfRateScalesCounts() {
    run = folder.resolve("scales");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      base(model)
          .with(s -> s.learningRateScale("^classifier", 2).learningRateScale("bias$", 3))
          .run();
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      String message =
          refusal(
              base(model)
                  .with(s -> s.learningRateScale("bias$", 3).learningRateScale("^classifier", 2)));
      assertTrue(
          message.startsWith(
              "learning_rate_scales was {^classifier=2.0, bias$=3.0}"
                  + " and is {bias$=3.0, ^classifier=2.0};"),
          message);
    }
  }

  @Test
  void anotherModelIsRefused() {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      // The smallest change of one weight.
      Tensor last = model.parameters().get(model.parameters().size() - 1).tensor();
      float[] values = last.toFloats();
      values[1] = Math.nextUp(values[1]);
      last.copyFrom(values);
      String message = refusal(model);
      assertTrue(
          message.matches(
              "base_weights was \\w{16} and is \\w{16}; load the model that it began with"
                  + " \\(a new head is the same only after the same Rng.seed\\(…\\)\\), use another folder, or delete this file to begin anew"),
          message);
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      model.freeze("embeddings");
      String message = refusal(model);
      assertTrue(
          message.matches("frozen was none and is 5 of \\d+ parameters \\w{16}; use .*"), message);
    }
    try (SequenceClassifier model = SmallModel.classifier(Labels.of("1", "0"), 0.1)) {
      String message = refusal(model);
      assertTrue(
          message.startsWith("labels was SINGLE_LABEL [0, 1] and is SINGLE_LABEL [1, 0], "),
          message);
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.2)) {
      String message = refusal(model);
      assertTrue(
          message.startsWith(
              "config.hidden_dropout_prob was 0.1 and is 0.2,"
                  + " config.attention_probs_dropout_prob was 0.1 and is 0.2; use"),
          message);
    }
  }

  /** What weights do not show. */
  @Test
  void everyValueOfTheConfigCounts() throws ReflectiveOperationException {
    RecordComponent[] components = BertConfig.class.getRecordComponents();
    for (String name : List.of("numAttentionHeads", "hiddenAct", "layerNormEps", "padTokenId")) {
      try (SequenceClassifier like = SmallModel.classifier(TWO, 0.1)) {
        Object[] values = new Object[components.length];
        Class<?>[] types = new Class<?>[components.length];
        for (int i = 0; i < values.length; i++) {
          types[i] = components[i].getType();
          values[i] = components[i].getAccessor().invoke(like.config());
          if (components[i].getName().equals(name)) {
            values[i] =
                values[i] instanceof Integer number
                    ? (Object) (2 * number + (number == 0 ? 1 : 0))
                    : values[i] instanceof String ? "relu" : (Object) 1e-6;
          }
        }
        BertConfig config = BertConfig.class.getDeclaredConstructor(types).newInstance(values);
        try (SequenceClassifier model = SequenceClassifier.of(config, TWO)) {
          copy(like, model); // the padding token's embedding begins with zeros
          String snake = name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
          String message = refusal(model);
          assertTrue(message.startsWith("config." + snake + " was "), message);
          assertEquals(2, message.split(" was ").length, message);
        }
      }
    }
  }

  /** The layers' kinds, which are a list. */
  @Test
  void theKindOfEveryLayerCounts() {
    run = folder.resolve("layers");
    try (SequenceClassifier model = modernBert("full_attention")) {
      base(model).run();
    }
    try (SequenceClassifier model = modernBert("sliding_attention")) {
      String message = refusal(model);
      String kinds = "config.layer_types was [\"sliding_attention\",\"full_attention\"] and is [";
      assertTrue(message.startsWith(kinds), message);
    }
  }

  private static SequenceClassifier modernBert(String last) {
    ObjectNode json = JsonFiles.object();
    json.put("vocab_size", 25).put("hidden_size", 12).put("pad_token_id", 0);
    json.put("intermediate_size", 8).put("num_attention_heads", 2);
    json.putArray("layer_types").add("sliding_attention").add(last);
    Rng.seed(5);
    return SequenceClassifier.of(ModernBertConfig.read(ConfigJson.of("test", json)), TWO);
  }

  private static void copy(SequenceClassifier from, SequenceClassifier to) {
    Map<String, float[]> weights = SmallModel.weights(from);
    to.parameters().forEach(p -> p.tensor().copyFrom(weights.get(p.name())));
  }

  @Test
  void otherDataAndMetricsAreRefused() {
    List<Example> rows = SmallModel.sentences(96, 1).rows();
    List<Example> swapped = new ArrayList<>(rows);
    Collections.swap(swapped, 0, 1);
    List<Example> other = new ArrayList<>(rows);
    other.set(95, Example.of(rows.get(95).text() + " film", rows.get(95).labels().get(0)));
    List<Example> relabelled = new ArrayList<>(rows);
    String label = rows.get(7).labels().get(0).equals("1") ? "0" : "1";
    relabelled.set(7, Example.of(rows.get(7).text(), label));
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      for (List<Example> data : List.of(swapped, other, relabelled, rows.subList(0, 95))) {
        TextDataset changed = TextDataset.of("changed", data);
        String message = refusal(base(task(model).train(changed)));
        assertTrue(message.startsWith("training_data was 96 examples "), message);
        message = refusal(base(task(model).evaluate(changed, new Accuracy())));
        assertTrue(message.startsWith("evaluation_data was 50 examples "), message);
      }
      TextDataset judged = SmallModel.sentences(50, 2);
      for (Metric[] metrics :
          List.of(
              new Metric[] {new F1()}, new Metric[] {new F1(F1.Average.MACRO)}, new Metric[0])) {
        String message = refusal(base(task(model).evaluate(judged, metrics)));
        assertTrue(message.startsWith("metrics was [accuracy] and is ["), message);
      }
    }
  }

  @Test
  void anotherProcessorIsRefused() throws IOException {
    Path file = run.resolve(RunFolder.CHECKPOINT);
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    Files.writeString(
        file,
        text.replace("\\\"device\\\":\\\"cpu (", "\\\"device\\\":\\\"xpu ("),
        StandardCharsets.ISO_8859_1);
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      String message = refusal(model);
      assertTrue(
          message.startsWith("device was xpu (") && message.contains(" and is cpu ("), message);
    }
  }

  @Test
  void aCheckpointWithOtherPartsIsRefused() throws IOException {
    Path file = run.resolve(RunFolder.CHECKPOINT);
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    String key = "\\\"identity_layout\\\":" + RunIdentity.LAYOUT;
    assertTrue(text.contains(key));
    for (String other : List.of("\\\"identity_layout\\\":7", "\\\"identity_layoux\\\":2")) {
      Files.writeString(file, text.replace(key, other), StandardCharsets.ISO_8859_1);
      try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
        String message = assertThrows(CheckpointException.class, base(model)::run).getMessage();
        assertTrue(
            message.startsWith(file + ": was written by a release that tells runs apart by other"),
            message);
        assertTrue(message.endsWith("or delete this file to begin anew"), message);
      }
    }
    // One who says so begins anew.
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      base(model).replaceOther(true).run();
    }
    assertEquals(text, Files.readString(file, StandardCharsets.ISO_8859_1));
  }

  @Test
  void whatChangesNothingIsNotRefused() {
    run = folder.resolve("whole");
    Map<String, float[]> weights;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      trainer(model).checkpoints(run).run();
      weights = SmallModel.weights(model);
    }
    run = folder.resolve("parts");
    int threads = Device.cpu().threads();
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Trainer killed = trainer(model).checkpoints(run, 3).listener(killAfter(17));
      assertThrows(Killed.class, killed::run);
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Device.cpu().threads(threads + 1);
      trainer(task(model).maxLength(128))
          .with(s -> s.logEvery(3).evaluateEvery(5))
          .checkpoints(run, 4)
          .run();
      assertSameBits(weights, SmallModel.weights(model));
    } finally {
      Device.cpu().threads(threads);
    }
  }

  @Test
  void theSameModelObjectGoesOn() {
    Path parts = folder.resolve("parts");
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Trainer killed =
          trainer(model).with(s -> s.emaDecay(0.9f)).checkpoints(parts, 7).listener(killAfter(15));
      assertThrows(Killed.class, killed::run);
      String message =
          assertThrows(
                  CheckpointException.class,
                  trainer(model).with(s -> s.emaDecay(0.9f)).checkpoints(parts)::run)
              .getMessage();
      assertTrue(message.contains("another run: base_weights was "), message);
    }
    Map<String, float[]> weights;
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      trainer(model).with(s -> s.emaDecay(0.9f)).checkpoints(parts).run();
      weights = SmallModel.weights(model); // averages
      trainer(model).with(s -> s.emaDecay(0.9f)).checkpoints(parts).run();
      assertSameBits(weights, SmallModel.weights(model));
    }
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      base(model).run();
      weights = SmallModel.weights(model); // the best
      base(model).run();
      assertSameBits(weights, SmallModel.weights(model));
    }
    // Whoever goes on with what the other made still knows what that began with.
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      base(model).run();
    }
  }
}
