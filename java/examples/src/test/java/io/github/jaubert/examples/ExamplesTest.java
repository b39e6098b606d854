package io.github.jaubert.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Architectures;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.SequenceClassification;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.TextDataset;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example runs, and does what it says. */
class ExamplesTest {
  private static final String SCORES =
      "\\[(positive|negative) [01]\\.\\d+, (positive|negative) [01]\\.\\d+]";

  /** The modules that load native libraries, as docs/packaging.md has them. */
  private static final String NATIVE =
      "io.github.jaubert.core,org.bytedeco.javacpp,ai.djl.tokenizers,com.sun.jna";

  private static final List<String> VOCABULARY =
      List.of(
          "[PAD]",
          "[UNK]",
          "[CLS]",
          "[SEP]",
          "[MASK]",
          "a",
          "warm",
          "cold",
          "funny",
          "dull",
          "engaging",
          "film",
          ",",
          ".");

  @TempDir private Path folder;

  @Test
  void trainingLoopLearns() {
    List<String> lines = printed(() -> new TrainingLoop().run(101));
    double first = Double.parseDouble(lines.get(0).split(" ")[1]);
    double last = Double.parseDouble(lines.get(2).split(" ")[1]);
    assertTrue(last < first / 4, "the loss went from " + first + " to " + last);
  }

  @Test
  void kernelsPrintTheirResults() {
    List<String> lines = printed(() -> KernelsByThemselves.main(new String[0]));
    assertTrue(lines.get(0).startsWith("Tensor F32 [210, 12, 32] on cpu {"), lines.get(0));
    assertTrue(lines.get(1).startsWith("Tensor F32 [210, 384] on cpu {"), lines.get(1));
  }

  @Test
  void customOperationCubes() {
    List<String> lines = printed(() -> CustomOperation.main(new String[0]));
    assertEquals(List.of("Tensor F32 [3] on cpu {1.0, 8.0, 27.0}"), lines);
  }

  @Test
  void fineTunesAndUses() throws IOException {
    Path dir = tinyModel();
    Path train = sentences("train.tsv", 64);
    Path dev = sentences("dev.tsv", 8);
    Path out = folder.resolve("out");
    FineTune.fineTune(dir, train, dev, folder.resolve("run"), out);
    List<String> lines = printed(() -> FineTune.classify(out));
    assertTrue(lines.get(0).matches(SCORES), lines.get(0));
  }

  @Test
  void encodesTextsOfSeveralLengths() throws IOException {
    Path dir = tinyModel();
    List<String> lines = printed(() -> Encode.encode(dir, List.of("a warm film", "dull")));
    assertEquals(List.of("[[CLS], a, warm, film, [SEP]]", "[8, 16]", "128"), lines);
  }

  @Test
  void textAloneMakesAnEncoder() throws IOException {
    Path books = Files.createDirectories(folder.resolve("books"));
    Files.writeString(books.resolve("a.txt"), "a warm film\nit was good\n\n".repeat(150));
    Path out = folder.resolve("out");
    Pretrain.pretrain(books, 300, folder.resolve("run"), out);
    List<String> lines = printed(() -> Pretrain.fill(out));
    assertTrue(lines.get(0).matches("\\[\\[(\\S+ 0\\.\\d{3}(, )?){5}]]"), lines.get(0));
  }

  /** The ONNX file that the tests of java/bert compare with these weights, as if out of a jar. */
  @Test
  void anOnnxFileBecomesAFolder() throws IOException {
    Path golden = Path.of("../bert/src/test/resources/golden/small-bert").toAbsolutePath();
    Path words = Files.createDirectories(folder.resolve("words"));
    Files.write(words.resolve("vocab.txt"), VOCABULARY);
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(words)) {
      tokenizer.save(folder);
    }
    Files.copy(golden.resolve("model.onnx"), folder.resolve("model.onnx"));
    Path out = folder.resolve("out");
    try (URLClassLoader jars = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      FromOnnx.toFolder(jars, "model.onnx", "tokenizer.json", out);
    }
    try (SafeTensors expected = SafeTensors.open(golden.resolve("single-label/model.safetensors"));
        SafeTensors actual = SafeTensors.open(out.resolve("model.safetensors"));
        Tokenizer tokenizer = Tokenizer.fromPretrained(out)) {
      assertEquals(37, actual.names().size());
      for (String name : actual.names()) {
        assertArrayEquals(expected.floats("bert." + name), actual.floats(name), name);
      }
      assertArrayEquals(new int[] {2, 6, 11, 3}, tokenizer.encode("warm film").ids());
    }
  }

  @Test
  void encoderOfOnesOwnIsTrainedSavedAndLoaded() throws IOException {
    Path out = folder.resolve("own");
    Path run = folder.resolve("run");
    Rng.seed(2);
    Architectures.register(OwnEncoder.ARCHITECTURE);
    OwnEncoder.Config config = new OwnEncoder.Config(VOCABULARY.size(), 16, 2, 2, 32, 0.1);
    Path words = Files.createDirectories(folder.resolve("words"));
    Files.write(words.resolve("vocab.txt"), VOCABULARY);
    try (SequenceClassifier model =
            SequenceClassifier.of(config, Labels.of("negative", "positive"));
        Tokenizer tokenizer = Tokenizer.fromPretrained(words)) {
      Trainer.of(
              SequenceClassification.of(model, tokenizer)
                  .train(TextDataset.tsv(sentences("own.tsv", 64)).text("sentence").label("label")))
          .with(s -> s.learningRate(1e-2f).epochs(5).layerDecay(0.9f).seed(42))
          .checkpoints(run)
          .run();
      model.save(out);
      model.eval();
      float[] expected = logits(model, tokenizer);
      assertTrue(expected[0] > expected[1] && expected[3] > expected[2], Arrays.toString(expected));
      try (SequenceClassifier again = SequenceClassifier.fromPretrained(out)) {
        assertEquals(config, again.config());
        assertArrayEquals(expected, logits(again, tokenizer));
      }
    }
  }

  @Test
  void encoderOfOnesOwnHasTheHeadForMaskedTokens() {
    Path out = folder.resolve("masked");
    Rng.seed(3);
    Architectures.register(OwnEncoder.ARCHITECTURE);
    OwnEncoder.Config config = new OwnEncoder.Config(VOCABULARY.size(), 16, 2, 2, 32, 0.1);
    TokenBatch batch =
        new TokenBatch(new int[] {2, 6, 4, 3, 4}, new int[5], PackedSequences.of(4, 1));
    try (MaskedLanguageModel model = MaskedLanguageModel.of(config);
        Scope scope = Scope.open()) {
      model.eval();
      model.save(out);
      float[] all = model.forward(batch).toFloats();
      Tensor rows = Tensor.of(new int[] {4, 2});
      float[] some = model.logits(model.encoder().inputs(batch), rows).toFloats();
      assertArrayEquals(row(all, 4), row(some, 0), 1e-5f);
      assertArrayEquals(row(all, 2), row(some, 1), 1e-5f);
      assertEquals(VOCABULARY.size(), model.parameter("cls.predictions.bias").shape().size(0));
      try (MaskedLanguageModel again = MaskedLanguageModel.fromPretrained(out)) {
        assertArrayEquals(all, again.forward(batch).toFloats());
      }
    }
  }

  @Test
  void ownServerAnswers() throws Exception {
    Path dir = tinyModel();
    PrintStream console = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Thread serving =
        new Thread(
            () -> {
              try {
                OwnServer.serve(dir, 0);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              } catch (InterruptedException e) {
                // it is told to stop
              }
            });
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      serving.start();
      while (serving.isAlive() && bytes.size() == 0) {
        Thread.sleep(5);
      }
    } finally {
      System.setOut(console);
    }
    String said = bytes.toString(StandardCharsets.UTF_8).strip();
    assertTrue(said.startsWith("text-classification at http://127.0.0.1:"), said);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(said.substring(said.indexOf("http"))))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"inputs\": \"a warm film .\"}"))
            .build();
    String answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    assertTrue(answer.matches("\\[\\{\"label\":\"(positive|negative)\",\"score\":0\\..*"), answer);
    serving.interrupt();
    serving.join();
  }

  private static float[] row(float[] logits, int row) {
    int width = VOCABULARY.size();
    return Arrays.copyOfRange(logits, row * width, (row + 1) * width);
  }

  private static float[] logits(SequenceClassifier model, Tokenizer tokenizer) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      TokenBatch batch =
          TokenBatch.of(
              tokenizer.encode("a cold, dull film ."), tokenizer.encode("a warm, funny film ."));
      return model.forward(batch).toFloats();
    }
  }

  /** In a program with a module-info that requires jaubert-train alone. */
  @Test
  void fineTunesAndUsesOnTheModulePath() throws Exception {
    Path tools = Path.of(System.getProperty("java.home"), "bin");
    assumeTrue(Files.isExecutable(tools.resolve("javac")), "no JDK");
    String modules =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.matches(".*/java/examples/target/(test-)?classes"))
            .collect(Collectors.joining(File.pathSeparator));
    Path app = Files.createDirectory(folder.resolve("app"));
    Path info = folder.resolve("module-info.java");
    Files.writeString(info, "module app { requires io.github.jaubert.train; }");
    Path source = Path.of("src/main/java", FineTune.class.getName().replace('.', '/') + ".java");
    run(tools.resolve("javac"), "-p", modules, "-d", app, info, source);
    String output =
        run(
            tools.resolve("java"),
            "--enable-native-access=" + NATIVE,
            "-p",
            app + File.pathSeparator + modules,
            "-m",
            "app/" + FineTune.class.getName(),
            tinyModel(),
            sentences("train.tsv", 64),
            sentences("dev.tsv", 8),
            folder.resolve("out"));
    assertTrue(output.lines().anyMatch(line -> line.matches(SCORES)), output);
  }

  private String run(Object... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(Stream.of(command).map(Object::toString).toList())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }

  /** A Hugging Face folder of an encoder that knows a dozen words and nothing of what they mean. */
  private Path tinyModel() throws IOException {
    Path dir = folder.resolve("model");
    Rng.seed(1);
    BertConfig config =
        BertConfig.bertBase().withEncoder(16, 2, 2, 32).withVocabSize(VOCABULARY.size());
    try (SequenceClassifier model =
        SequenceClassifier.of(config, Labels.of("negative", "positive"))) {
      model.save(dir);
    }
    Files.write(dir.resolve("vocab.txt"), VOCABULARY);
    return dir;
  }

  private Path sentences(String name, int count) throws IOException {
    StringBuilder rows = new StringBuilder("sentence\tlabel\n");
    for (int i = 0; i < count; i++) {
      rows.append(
          i % 2 == 0 ? "a cold, dull film .\tnegative\n" : "a warm, funny film .\tpositive\n");
    }
    return Files.writeString(folder.resolve(name), rows);
  }

  private static List<String> printed(Runnable program) {
    PrintStream console = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      program.run();
    } finally {
      System.setOut(console);
    }
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
