package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A fine-tuned model teaches another one. */
class TeacherTest extends CommandFixture {
  private Path teacher;
  private Path noisy;

  @BeforeEach
  void makeTeacherAndNoise() throws IOException {
    teacher = folder.resolve("teacher");
    finetune(teacher).succeeded();
    Random random = new Random(5);
    StringBuilder rows = new StringBuilder("sentence\tlabel\n");
    sentences(300, 3)
        .lines()
        .map(row -> row.substring(0, row.indexOf('\t')))
        .forEach(text -> rows.append(text).append(random.nextBoolean() ? "\tpos\n" : "\tneg\n"));
    noisy = Files.writeString(folder.resolve("noisy.tsv"), rows);
  }

  private List<Object> student(Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("finetune", "--model", model, "--train", noisy));
    words.addAll(List.of("--eval", eval, "--out", out, "--lr", "4e-3", "--epochs", 8));
    words.addAll(List.of(more));
    return words;
  }

  private Result learn(Path out, Object... more) {
    return jaubert(student(out, more).toArray());
  }

  private static JsonNode run(Path out) {
    return JsonFiles.readObject(out.resolve("run.json"));
  }

  /** Of labels that say nothing there is nothing to learn, and all of a teacher that saw others. */
  @Test
  void aStudentLearnsWhatItsTeacherSays() {
    // Outputs and labels belong together by name.
    try (SequenceClassifier turned =
        SequenceClassifier.fromPretrained(teacher, Labels.of("pos", "neg"))) {
      turned.save(teacher);
    }
    Path alone = folder.resolve("alone");
    Path taught = folder.resolve("taught");
    learn(alone).succeeded();
    Result result =
        learn(taught, "--teacher", teacher, "--soft-weight", 1, "--temperature", 3).succeeded();
    assertTrue(
        result
            .out()
            .contains("taught by " + teacher + ", whose answers count 1.0 at temperature 3.0\n"),
        result.out());
    assertTrue(result.out().contains("divergence, fine-tuned"), result.out());
    JsonNode run = run(taught);
    assertEquals(teacher.toString(), run.path("teacher").asText());
    assertEquals(3, run.path("settings").path("temperature").asDouble());
    assertEquals(1, run.path("settings").path("soft_weight").asDouble());
    assertEquals(0, run.path("settings").path("hard_weight").asDouble());
    assertTrue(run.path("evaluation").path("accuracy").asDouble() > 0.9, run.toString());
    assertTrue(run(alone).path("evaluation").path("accuracy").asDouble() < 0.8, run.toString());
    jaubert("predict", "--model", taught, "the film was good").succeeded();
  }

  @Test
  void aRunThatWasStoppedGoesOnWithItsTeacherAlone() throws Exception {
    Path whole = folder.resolve("whole");
    Path out = folder.resolve("out");
    Object[] given = {"--teacher", teacher, "--checkpoint-every", 5};
    learn(whole, given).succeeded();
    Path checkpoint = out.resolve("checkpoint.safetensors");
    Thread run = new Thread(() -> learn(out, given));
    run.start();
    while (!Files.exists(checkpoint) && run.isAlive()) {
      Thread.sleep(1);
    }
    run.interrupt();
    run.join();
    assertTrue(Files.exists(checkpoint));
    Path other = folder.resolve("other");
    finetune(other, "--seed", 9).succeeded();
    String refused = learn(out, "--teacher", other, "--checkpoint-every", 5).failure(1);
    assertTrue(refused.startsWith(checkpoint + ": belongs to another run: teacher was "), refused);
    learn(out, given).succeeded();
    assertSameBytes(whole, out, "model.safetensors", "train_log.jsonl");
  }

  @Test
  void whatIsNoTeacherIsRefused() throws IOException {
    Path out = folder.resolve("out");
    assertEquals(
        teacher
            + ": the teacher was trained for the labels SINGLE_LABEL [neg, pos], and the data have"
            + " SINGLE_LABEL [no, yes]: they must be the same",
        learn(out, "--teacher", teacher, "--map-label", "neg=no", "--map-label", "pos=yes")
            .failure(1));
    String several = learn(out, "--teacher", teacher, "--task", "multilabel").failure(1);
    assertTrue(several.contains("and the data have MULTI_LABEL [neg, pos]"), several);
    Path vocabulary = teacher.resolve("vocab.txt");
    Files.writeString(vocabulary, Files.readString(vocabulary).replace("film", "play"));
    Files.deleteIfExists(teacher.resolve("tokenizer.json"));
    assertEquals(
        teacher
            + ": token 13 is play in the teacher's tokenizer, film in the student's: they must be"
            + " the same",
        learn(out, "--teacher", teacher).failure(1));
    Path encoder = folder.resolve("encoder");
    Path corpus = Files.writeString(folder.resolve("corpus.txt"), "the film was good\n");
    jaubert("pretrain", "--model", model, "--corpus", corpus, "--held-out", 0, "--out", encoder)
        .succeeded();
    assertEquals(
        encoder + ": has no head for the task; a teacher is a fine-tuned model",
        learn(out, "--teacher", encoder).failure(1));
    assertEquals(
        "--teacher " + noisy + ": a file; --teacher is the folder that holds it",
        learn(out, "--teacher", noisy).failure(2));
    assertEquals(
        "--temperature and --soft-weight need --teacher",
        learn(out, "--soft-weight", 0.5).failure(2));
    assertEquals(
        "--temperature 0.0: a finite number above 0",
        learn(out, "--teacher", teacher, "--temperature", 0).failure(2));
    assertEquals(
        "--soft-weight 1.5: above 0, at most 1",
        learn(out, "--teacher", teacher, "--soft-weight", 1.5).failure(2));
  }
}
