package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.fuzz.FuzzRun;
import org.junit.jupiter.api.Test;

/**
 * A data file from a stranger is read, or refused by a {@link DataException} of less than 2,000
 * characters.
 *
 * <p>A longer trial, and another one: {@code ./mvnw test -pl java/bert,java/train
 * -Dtest=DataFileFuzzTest -Dsurefire.failIfNoSpecifiedTests=false -Djaubert.fuzz.count=60000
 * -Djaubert.fuzz.seed=7}.
 */
class DataFileFuzzTest {
  @Test
  void damagedFilesAreReadOrRefusedButNothingElse() {
    assertEquals(
        "", FuzzRun.run(DataFileTrial.class, "java/bert,java/train", "DataFileFuzzTest", 1000));
  }
}
