package io.github.jaubert.peers;

import ai.onnxruntime.OrtException;
import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.Sentence;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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

  @Option(names = "--inputs", required = true, description = "folder of BenchmarkInputs")
  private Path inputs;

  private int threads;

  public static void main(String[] arguments) {
    run(new OnnxRuntime(), arguments);
  }

  @Override
  protected String start(int threads) {
    this.threads = threads;
    return "ONNX Runtime " + OnnxModel.ENVIRONMENT.getVersion();
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    works.add(latency("inference, one short sentence", "short-sentence.jsonl"));
    works.add(latency("inference, MiniLM B8 S128", "random-8x128.jsonl"));
    Path dev = inputs.resolve("SST-2-dev.jsonl");
    if (Files.exists(dev)) {
      works.add(rate("inference, SST-2 dev, in file order", dev, false));
      works.add(rate("inference, SST-2 dev, by length", dev, true));
    }
    return works;
  }

  private Work latency(String name, String file) {
    Work.Sampler sampler =
        seconds -> {
          OnnxModel.Batch batch = pad(Sentence.read(inputs.resolve(file)));
          return inModel(model -> Timing.repeat(() -> encode(model, batch), seconds));
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
          List<OnnxModel.Batch> batches =
              Sentence.cut(sentences, BATCH).stream().map(OnnxRuntime::pad).toList();
          return inModel(
              model -> {
                batches.stream().limit(2).forEach(batch -> encode(model, batch));
                Runnable pass = () -> batches.forEach(batch -> encode(model, batch));
                return Timing.rate(Timing.passes(pass, seconds), sentences.size());
              });
        };
    return Work.of(name, "sentences/s", sampler);
  }

  private static OnnxModel.Batch pad(List<Sentence> sentences) {
    return OnnxModel.Batch.padded(
        sentences.stream().map(Sentence::ids).toList(),
        sentences.stream().map(Sentence::segments).toList());
  }

  private double[] inModel(Function<OnnxModel, double[]> measure) {
    try (OnnxModel model = new OnnxModel(inputs.resolve("encoder.onnx"), threads)) {
      return measure.apply(model);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Drops what the model returns. */
  private static void encode(OnnxModel model, OnnxModel.Batch batch) {
    model.run(batch, result -> null);
  }
}
