package io.github.jaubert.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;

/** A step of training to capture, and a GPU, or its emulator, to capture it on. */
abstract class CapturedStepFixture {
  static final BertConfig CONFIG =
      BertConfig.bertBase().withEncoder(16, 1, 2, 24).withVocabSize(40);
  static final int TOKENS = 24;

  static Device gpu;

  @BeforeAll
  static void findTheGpu() {
    gpu = TestGpu.orSkip();
  }

  /** Three sequences of other lengths at every step, padded to the same number of tokens. */
  static TokenBatch batch(int step) {
    PackedSequences lengths = PackedSequences.of(1 + step, 9 - step, 4 + 2 * (step % 4));
    Rng rng = Rng.of(100 + step);
    int[] ids = new int[lengths.tokens()];
    int[] types = new int[lengths.tokens()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = rng.nextInt(CONFIG.vocabSize());
      types[i] = rng.nextInt(CONFIG.typeVocabSize());
    }
    return new TokenBatch(ids, types, lengths).padTo(TOKENS);
  }

  static int[] labels(int step) {
    return new int[] {step % 3, (step + 1) % 3, step % 2};
  }

  static float rate(int step) {
    return 1e-3f * step; // 0 at first, as a warmup is
  }

  /** A small BERT in training, with dropout, whose inputs are always in the same tensors. */
  static final class Training implements AutoCloseable {
    final SequenceClassifier model;
    final Optimizer adam;
    final TokenInputs inputs;
    final Tensor targets;
    final PackedSequences lengths = batch(0).lengths();
    final Rng noise = Rng.of(77);
    final Supplier<Tensor> batch; // up to its gradients
    final Supplier<Tensor> step;
    float rate;

    Training() {
      Rng.seed(11);
      model = SequenceClassifier.of(CONFIG, Labels.of("a", "b", "c")).to(gpu);
      adam = AdamW.of(model.parameters(), 2e-3f);
      try (Scope scope = Scope.open()) {
        inputs = model.encoder().inputs(batch(0)).unscoped();
        targets = Tensor.of(labels(0)).to(gpu).unscoped();
      }
      batch =
          () -> {
            Tensor logits = F.dropout(model.forward(inputs), 0.2f, noise);
            Tensor loss = model.loss(logits, targets, 3);
            loss.backward();
            return loss;
          };
      step =
          () -> {
            Tensor loss = batch.get();
            adam.step(rate);
            return loss;
          };
    }

    void set(int number) {
      inputs.set(batch(number));
      targets.copyFrom(labels(number));
      rate = rate(number);
    }

    /** The step itself. */
    float eager(int number) {
      return eager(step, number);
    }

    float eager(Supplier<Tensor> work, int number) {
      set(number);
      try (Scope scope = Scope.open()) {
        return work.get().item();
      }
    }

    CapturedStep capture() {
      return capture(step);
    }

    CapturedStep capture(Supplier<Tensor> work) {
      inputs.set(batch(0));
      return CapturedStep.of(gpu, work);
    }

    CapturedStep captureUpdate() {
      return CapturedStep.of(
          gpu,
          () -> {
            adam.step(rate);
            return adam.gradNorm();
          });
    }

    float replay(CapturedStep captured, int number) {
      set(number);
      captured.sequences(lengths, inputs.lengths()).replay(rate(number));
      return captured.result().item();
    }

    /** The same of a step that takes none of the optimizer. */
    float replayBatch(CapturedStep captured, int number) {
      set(number);
      captured.sequences(lengths, inputs.lengths()).replay();
      return captured.result().item();
    }

    /** Everything that a step changes. */
    List<float[]> state() {
      List<float[]> state = new ArrayList<>();
      for (Parameter parameter : model.parameters()) {
        state.add(parameter.tensor().toFloats());
      }
      adam.state()
          .forEach(
              (name, tensor) ->
                  state.add(
                      name.endsWith("step") || name.equals("steps")
                          ? new float[] {tensor.toLongs()[0]}
                          : tensor.toFloats()));
      state.add(adam.gradNorm().toFloats());
      state.add(new float[] {Rng.global().offset(), noise.offset(), adam.steps()});
      return state;
    }

    @Override
    public void close() {
      model.close();
      adam.close();
      inputs.close();
      targets.close();
    }
  }

  static Tensor copy(Tensor tensor) {
    return Tensor.zeros(tensor.dtype(), tensor.shape()).to(tensor.device()).copyFrom(tensor);
  }

  static void assertSame(List<float[]> expected, List<float[]> found) {
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i), "tensor " + i);
    }
  }

  static void assertRefused(String message, Runnable action) {
    assertEquals(
        message, assertThrows(IllegalStateException.class, action::run, message).getMessage());
  }
}
