package io.github.jaubert.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.Sentence;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * ONNX Runtime with MiniLM's own weights on the sentences that Jaubert's BenchmarkInputs wrote: one
 * short sentence, 8 x 128 tokens, and the dev set of SST-2 in batches of 32, padded to the longest,
 * in the order of the file and sorted by length.
 */
@Command(name = "onnxruntime", mixinStandardHelpOptions = true)
public final class OnnxRuntime extends MeasuringProgram {
  private static final int BATCH = 32;
  private static final List<String> NAMES =
      List.of("input_ids", "attention_mask", "token_type_ids");

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();

  @Option(names = "--inputs", required = true, description = "folder of BenchmarkInputs")
  private Path inputs;

  private int threads;

  public static void main(String[] arguments) {
    run(new OnnxRuntime(), arguments);
  }

  @Override
  protected String start(int threads) {
    this.threads = threads;
    return "ONNX Runtime " + environment.getVersion();
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    works.add(latency("inference, one short sentence", "short-sentence.tsv"));
    works.add(latency("inference, MiniLM B8 S128", "random-8x128.tsv"));
    Path dev = inputs.resolve("SST-2-dev.tsv");
    if (Files.exists(dev)) {
      works.add(rate("inference, SST-2 dev, in file order", dev, false));
      works.add(rate("inference, SST-2 dev, by length", dev, true));
    }
    return works;
  }

  private Work latency(String name, String file) {
    Work.Sampler sampler =
        seconds -> {
          long[][][] batch = pad(Sentence.read(inputs.resolve(file)));
          return inSession(session -> Timing.repeat(() -> run(session, batch), seconds));
        };
    return Work.timed(name, 0, 0, sampler);
  }

  private Work rate(String name, Path file, boolean byLength) {
    Work.Sampler sampler =
        seconds -> {
          List<Sentence> sentences = Sentence.read(file);
          if (byLength) {
            sentences.sort(Comparator.comparingInt(s -> s.ids().length));
          }
          List<long[][][]> batches =
              Sentence.cut(sentences, BATCH).stream().map(OnnxRuntime::pad).toList();
          return inSession(
              session -> {
                batches.stream().limit(2).forEach(batch -> run(session, batch));
                Runnable pass = () -> batches.forEach(batch -> run(session, batch));
                return Timing.rate(Timing.passes(pass, seconds), sentences.size());
              });
        };
    return Work.of(name, "sentences/s", sampler);
  }

  /** Ids, mask and segments, each [batch, longest]. */
  private static long[][][] pad(List<Sentence> sentences) {
    int longest = sentences.stream().mapToInt(s -> s.ids().length).max().orElseThrow();
    long[][][] batch = new long[3][sentences.size()][longest];
    for (int i = 0; i < sentences.size(); i++) {
      Sentence sentence = sentences.get(i);
      for (int k = 0; k < sentence.ids().length; k++) {
        batch[0][i][k] = sentence.ids()[k];
        batch[1][i][k] = 1;
        batch[2][i][k] = sentence.segments()[k];
      }
    }
    return batch;
  }

  private double[] inSession(Function<OrtSession, double[]> measure) {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      String model = inputs.resolve("encoder.onnx").toString();
      try (OrtSession session = environment.createSession(model, options)) {
        return measure.apply(session);
      }
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Gives the session a batch and drops what it returns. */
  private void run(OrtSession session, long[][][] batch) {
    Map<String, OnnxTensor> arguments = new HashMap<>();
    long[] shape = {batch[0].length, batch[0][0].length};
    try {
      for (int i = 0; i < NAMES.size(); i++) {
        if (session.getInputNames().contains(NAMES.get(i))) {
          long[] flat = Arrays.stream(batch[i]).flatMapToLong(Arrays::stream).toArray();
          arguments.put(
              NAMES.get(i), OnnxTensor.createTensor(environment, LongBuffer.wrap(flat), shape));
        }
      }
      session.run(arguments).close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    } finally {
      arguments.values().forEach(OnnxTensor::close);
    }
  }
}
