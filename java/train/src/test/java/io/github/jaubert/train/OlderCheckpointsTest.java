package io.github.jaubert.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.SequenceClassifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checkpoints that were replaced, and are kept. */
class OlderCheckpointsTest extends TrainerFixture {
  private Trainer trainer(SequenceClassifier model, Path run, int keep) {
    return trainer(model)
        .with(s -> s.keepBest(true).evaluateEvery(3))
        .checkpoints(run, 2)
        .keepCheckpoints(keep);
  }

  private void killed(Path run, int keep, int last) {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Trainer trainer = trainer(model, run, keep).listener(killAfter(last));
      assertThrows(Killed.class, trainer::run);
    }
  }

  private Map<String, float[]> finished(Path run, int keep) {
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      trainer(model, run, keep).run();
      return SmallModel.weights(model);
    }
  }

  private static Set<String> checkpoints(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.contains("checkpoint"))
          .collect(Collectors.toSet());
    }
  }

  @Test
  void theLastAreKeptAndEachIsGoneOnFromToTheSameBits() throws IOException {
    Path whole = folder.resolve("whole");
    Map<String, float[]> weights = finished(whole, 1);
    assertEquals(Set.of(RunFolder.CHECKPOINT), checkpoints(whole));
    Path run = folder.resolve("run");
    killed(run, 3, 3);
    assertEquals(Set.of(RunFolder.CHECKPOINT), checkpoints(run));
    killed(run, 3, 13);
    Set<String> kept =
        Set.of(RunFolder.CHECKPOINT, "checkpoint-8.safetensors", "checkpoint-10.safetensors");
    assertEquals(kept, checkpoints(run));
    for (int step : new int[] {10, 8}) { // back, to before what the best weights are of
      Files.move(
          run.resolve("checkpoint-" + step + ".safetensors"),
          run.resolve(RunFolder.CHECKPOINT),
          StandardCopyOption.REPLACE_EXISTING);
      killed(run, 3, 13);
      assertEquals(kept, checkpoints(run));
    }
    assertSameBits(weights, finished(run, 2));
    assertEquals(Set.of(RunFolder.CHECKPOINT, "checkpoint-22.safetensors"), checkpoints(run));
    for (String file : new String[] {RunFolder.CHECKPOINT, RunFolder.BEST}) {
      assertEquals(-1, Files.mismatch(whole.resolve(file), run.resolve(file)), file);
    }
    RunLogTest.assertSameButForTimes(whole, run);
  }

  @Test
  void thoseOfARunThatIsNotGoneOnWithAreDeleted() throws IOException {
    Path run = folder.resolve("run");
    killed(run, 4, 9);
    Files.delete(run.resolve(RunFolder.CHECKPOINT));
    Files.writeString(run.resolve(".checkpoint-6.safetensors.tmp"), "a part");
    Path other = Files.writeString(run.resolve("checkpoint-x.safetensors"), "not ours");
    killed(run, 4, 3);
    assertEquals(Set.of(RunFolder.CHECKPOINT, other.getFileName().toString()), checkpoints(run));
    killed(run, 4, 7);
    assertTrue(Files.exists(run.resolve("checkpoint-4.safetensors")));
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      Trainer anew = trainer(model, run, 4).with(s -> s.seed(9)).replaceOther(true);
      assertThrows(Killed.class, anew.listener(killAfter(3))::run);
    }
    assertFalse(Files.exists(run.resolve("checkpoint-4.safetensors")));
    try (SequenceClassifier model = SmallModel.classifier(TWO, 0.1)) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> trainer(model, run, 0)).getMessage();
      assertEquals("keepCheckpoints 0: a whole number from 1", message);
    }
  }
}
