package io.github.jaubert.bert.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.fuzz.FuzzRun;
import org.junit.jupiter.api.Test;

/**
 * A model folder from a stranger never ends the process, hangs, takes all memory, or gives anything
 * but a {@link io.github.jaubert.bert.checkpoint.CheckpointException} of less than 2,000
 * characters.
 *
 * <p>A longer trial, and another one: {@code ./mvnw test -pl java/bert -am
 * -Dtest=ModelFolderFuzzTest -Dsurefire.failIfNoSpecifiedTests=false -Djaubert.fuzz.count=60000
 * -Djaubert.fuzz.seed=7}.
 */
class ModelFolderFuzzTest {
  @Test
  void damagedFilesAreReadOrRefusedButNothingElse() {
    String faults = FuzzRun.run(ModelFolderTrial.class, "java/bert", "ModelFolderFuzzTest", 2400);
    assertEquals("", faults);
  }
}
