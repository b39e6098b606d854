package io.github.jaubert.benchmarks.models;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.benchmarks.measure.Measurement;
import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.StepOptions;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.modernbert.ModernBertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.WordPieceTrainer;
import io.github.jaubert.nn.Block;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.Batch;
import io.github.jaubert.train.Examples;
import io.github.jaubert.train.Inputs;
import io.github.jaubert.train.LogEntry;
import io.github.jaubert.train.OptimizerType;
import io.github.jaubert.train.Pretraining;
import io.github.jaubert.train.Task;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingListener;
import io.github.jaubert.train.TrainingResult;
import io.github.jaubert.train.corpus.Corpus;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Some steps of pre-training, whose batches and losses are written down for another framework. */
@Command(
    name = "pretraining",
    mixinStandardHelpOptions = true,
    description = {
      "Pre-trains a new BERT, without dropout, for some steps, and prints tokens a second as JSON.",
      "peers/torch_pretrain.py takes the same steps: --model the folder of --start, --batches the file."
    })
public final class PretrainingBenchmark implements Callable<Integer> {
  @Option(names = "--corpus", required = true, description = "files and folders of text")
  private Path corpus;

  @Option(names = "--start", required = true, description = "a new folder for the first weights")
  private Path start;

  @Option(names = "--batches", required = true, description = "a new file for the batches")
  private Path batches;

  @Option(names = "--losses", required = true, description = "a new file for the losses")
  private Path losses;

  @Option(names = "--cache", required = true, description = "a folder for the tokens")
  private Path cache;

  @Option(names = "--vocab-size", defaultValue = "30522", description = "of the vocabulary")
  private int vocabulary;

  @Option(names = "--modernbert", description = "a ModernBERT, not a BERT")
  private boolean modern;

  @Option(names = "--precision", defaultValue = "F32", description = "F32 or BF16")
  private DType precision;

  @Option(names = "--layers", defaultValue = "6", description = "of the model")
  private int layers;

  @Option(names = "--hidden", defaultValue = "384", description = "of the model")
  private int hidden;

  @Option(names = "--heads", defaultValue = "12", description = "of the model")
  private int heads;

  @Option(names = "--steps", defaultValue = "200", description = "how many to take")
  private int steps;

  @Option(names = "--batch-tokens", defaultValue = "4096", description = "tokens a step, about")
  private int batchTokens;

  @Option(names = "--max-length", defaultValue = "128", description = "of a sequence")
  private int maxLength;

  @Option(names = "--lr", defaultValue = "5e-4", description = "the largest learning rate")
  private float rate;

  @Option(names = "--optimizer", defaultValue = "ADAMW", description = "${COMPLETION-CANDIDATES}")
  private OptimizerType optimizer;

  @Option(names = "--threads", defaultValue = "2", description = "threads to compute with")
  private int threads;

  /** Ends the program with the exit code. */
  public static void main(String[] arguments) {
    MeasuringProgram.run(new PretrainingBenchmark(), arguments);
  }

  @Override
  public Integer call() throws IOException {
    Device.cpu().threads(threads);
    Corpus text = Corpus.of(corpus);
    Rng.seed(1);
    try (Tokenizer tokenizer = WordPieceTrainer.of(vocabulary).train(text.texts());
        MaskedLanguageModel model =
            MaskedLanguageModel.of(modern ? modernBert(tokenizer) : bert(tokenizer));
        PrintWriter lines = new PrintWriter(Files.newBufferedWriter(batches))) {
      model.save(start, tokenizer);
      Pretraining task =
          Pretraining.of(model, tokenizer).train(text).cache(cache).maxLength(maxLength);
      // A step stops at the number of tokens, of which it reads a few less than asked for.
      long tokens = (long) steps * batchTokens;
      StepTimes times = new StepTimes();
      TrainingResult result =
          Trainer.of(new Written(task, lines))
              .with(
                  s ->
                      s.tokens(tokens)
                          .batchTokens(batchTokens)
                          .learningRate(rate)
                          .optimizer(optimizer)
                          .precision(precision)
                          .logEvery(1))
              .listener(times)
              .run();
      Files.write(losses, losses(result));
      System.out.println(times.json(result));
    }
    return 0;
  }

  private EncoderConfig bert(Tokenizer tokenizer) {
    return BertConfig.bertBase()
        .withVocabSize(tokenizer.vocabularySize())
        .withEncoder(hidden, layers, heads, 4 * hidden)
        .withDropout(0, 0);
  }

  /** Two thirds as wide inside, in multiples of 32, as pretrain makes it. */
  private EncoderConfig modernBert(Tokenizer tokenizer) {
    int[] frame = tokenizer.encode("").ids();
    return ModernBertConfig.modernBertBase()
        .withVocabulary(tokenizer.vocabularySize(), tokenizer.padId(), frame[0], frame[1])
        .withMaxPositions(512)
        .withEncoder(hidden, layers, heads, Math.round(hidden * 8 / 3f / 32) * 32)
        .withDropout(0);
  }

  /** One a line. */
  private static List<String> losses(TrainingResult result) {
    return result.history().stream()
        .filter(entry -> entry.kind() == LogEntry.Kind.TRAIN)
        .map(entry -> entry.values().get("loss").toString())
        .toList();
  }

  /** Tokens a second of each step. */
  private static final class StepTimes implements TrainingListener {
    private final List<Double> rates = new ArrayList<>();
    private long tokens;
    private long time;

    @Override
    public void started(long step, long steps, long read, long all) {
      time = System.nanoTime();
    }

    @Override
    public void stepped(long step, long read) {
      long now = System.nanoTime();
      rates.add((read - tokens) / ((now - time) * 1e-9));
      tokens = read;
      time = now;
    }

    /** Their median, but for the first tenth. */
    String json(TrainingResult result) {
      var warm = rates.subList(rates.size() / 10, rates.size());
      double median = Measurement.median(warm.stream().mapToDouble(r -> r).toArray());
      ObjectNode json = JsonFiles.object();
      json.put("peer", "Jaubert, " + Device.defaultDevice().description());
      json.put("steps", result.steps());
      json.put("tokens_per_second", median);
      json.put("peak_memory_mb", Math.round(StepOptions.peakMegabytes()));
      return json.toString();
    }
  }

  /** A task that writes down the batches of each step. */
  private record Written(Task task, PrintWriter lines) implements Task {
    /** Sequences of ids, the rows that are told, and what stood there. */
    @Override
    public List<Batch> step(List<Batch> batches) {
      for (Batch batch : batches) {
        TokenBatch text = batch.text(Batch.TEXT);
        ObjectNode json = JsonFiles.object();
        ArrayNode sequences = json.putArray("input_ids");
        for (int i = 0; i < text.count(); i++) {
          sequences.addPOJO(text.sequence(i).inputIds());
        }
        json.putPOJO("rows", batch.ints("rows")).putPOJO("labels", batch.ints("labels"));
        lines.println(json);
      }
      if (lines.checkError()) {
        throw new UncheckedIOException(new IOException("the batches cannot be written"));
      }
      return task.step(batches);
    }

    @Override
    public Block model() {
      return task.model();
    }

    @Override
    public void prepare(TrainingListener listener) {
      task.prepare(listener);
    }

    @Override
    public Examples examples() {
      return task.examples();
    }

    @Override
    public Tensor loss(Inputs inputs, float count) {
      return task.loss(inputs, count);
    }

    @Override
    public float count(Batch batch) {
      return task.count(batch);
    }

    @Override
    public Map<String, Object> settings() {
      return task.settings();
    }
  }
}
