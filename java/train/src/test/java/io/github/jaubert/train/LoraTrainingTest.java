package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.LoraConfig;
import io.github.jaubert.bert.LoraModel;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run that trains adapters and a head alone. */
class LoraTrainingTest extends TrainerFixture {
  private static final LoraConfig CONFIG = LoraConfig.of(4).withLoraDropout(0.1);

  private static SequenceClassifier adapted() {
    SequenceClassifier model = SmallModel.classifier(TWO, 0.1);
    LoraModel.of(model, CONFIG);
    return model;
  }

  private Trainer trainer(SequenceClassifier model, DType precision, Path run) {
    return trainer(model)
        .with(s -> s.emaDecay(0.9f).layerDecay(0.9f).keepBest(true).precision(precision))
        .with(s -> s.learningRate(1e-2f))
        .checkpoints(run, 7);
  }

  private static Set<String> trained(SequenceClassifier model) {
    return model.parameters().stream()
        .filter(parameter -> !parameter.frozen())
        .map(Parameter::name)
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aKilledRunEndsWithTheSameBits(DType precision) {
    Path whole = folder.resolve("whole");
    Path killed = folder.resolve("killed");
    Map<String, float[]> before;
    Map<String, float[]> expected;
    try (SequenceClassifier model = adapted()) {
      before = SmallModel.weights(model);
      trainer(model, precision, whole).run();
      expected = SmallModel.weights(model);
      for (Parameter parameter : model.parameters()) {
        if (parameter.frozen()) {
          String name = parameter.name();
          assertArrayEquals(before.get(name), expected.get(name), name);
        }
      }
    }
    try (SequenceClassifier model = adapted()) {
      assertThrows(
          Killed.class, () -> trainer(model, precision, killed).listener(killAfter(17)).run());
      Set<String> names = trained(model);
      try (SafeTensors checkpoint = SafeTensors.open(killed.resolve("checkpoint.safetensors"));
          SafeTensors best = SafeTensors.open(killed.resolve("best.safetensors"))) {
        assertEquals(names, without("model.", checkpoint));
        assertEquals(names, without("average.", checkpoint));
        assertEquals(names, best.names());
      }
    }
    try (SequenceClassifier model = adapted()) {
      trainer(model, precision, killed).run();
      assertSameBits(expected, SmallModel.weights(model));
      trainer(model, precision, killed).run(); // with the same object, whose weights came of it
      assertSameBits(expected, SmallModel.weights(model));
    }
    try (SequenceClassifier model = adapted()) { // on another base
      model.parameter("bert.encoder.layer.0.output.dense.weight").tensor().fill(0.1f);
      String message =
          assertThrows(CheckpointException.class, () -> trainer(model, precision, killed).run())
              .getMessage();
      assertTrue(message.contains("base_weights was"), message);
    }
  }

  private static Set<String> without(String prefix, SafeTensors file) {
    return file.names().stream()
        .filter(name -> name.startsWith(prefix))
        .map(name -> name.substring(prefix.length()))
        .collect(Collectors.toSet());
  }

  @Test
  void hasALearningRateOfItsOwn() {
    try (SequenceClassifier model = adapted()) {
      TrainingResult usual = Trainer.of(task(model)).with(s -> s.batchSize(48).epochs(1)).run();
      assertEquals(2e-3, (float) usual.settings().get("learning_rate"), 1e-9);
    }
  }
}
