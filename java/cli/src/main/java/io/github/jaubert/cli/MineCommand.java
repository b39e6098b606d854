package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Embeddings;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.Progress;
import io.github.jaubert.cli.options.DeviceOptions;
import io.github.jaubert.cli.options.EmbeddingOptions;
import io.github.jaubert.cli.options.ModelOption;
import io.github.jaubert.cli.predict.TextLines;
import io.github.jaubert.demo.MiniLm;
import io.github.jaubert.train.HardNegatives;
import io.github.jaubert.train.HardNegatives.Mined;
import io.github.jaubert.train.HardNegatives.Triplet;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EmbeddingDataset;
import io.github.jaubert.train.data.Source;
import io.github.jaubert.train.data.TableFormat;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Finds hard negatives for pairs, and writes triplets to learn from. */
@Command(
    name = "mine",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Finds passages that are near to a query by their vectors, and are not its positives, and"
          + " writes triplets of query, positive and negative as JSON lines.",
      "They are for finetune --task embeddings --loss mnr (or triplet, or gist) --train FILE. The"
          + " options are those of mine_hard_negatives in sentence-transformers."
    })
final class MineCommand implements Callable<Integer> {
  private static final List<String> USUAL_PASSAGE = List.of("text", "passage", "document");

  @Option(
      names = "--pairs",
      required = true,
      paramLabel = "FILE",
      description =
          "Required: queries and their positives, .tsv, .csv or .jsonl; a query with several"
              + " positives is in several rows.")
  private Path pairs;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "Required: where to write the triplets, such as triplets.jsonl.")
  private Path out;

  @Option(names = "--overwrite", description = "Replace what is there.")
  private boolean overwrite;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "A folder, or a name on the Hub, of an encoder of sentences. Default: all-MiniLM-L6-v2, which comes with the"
              + " command.")
  private Path model;

  @Option(
      names = "--corpus",
      paramLabel = "FILE",
      description =
          "More passages to choose negatives from: .tsv, .csv or .jsonl, or a text file with one a"
              + " line. Without, they are the positives of other queries.")
  private Path corpus;

  @Option(
      names = "--corpus-column",
      paramLabel = "NAME",
      description = "The column of the passages; by default text, passage or document.")
  private String corpusColumn;

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description = "The column of the queries; by default anchor, query or question, and others.")
  private String textColumn;

  @Option(
      names = "--pair-column",
      paramLabel = "NAME",
      description = "The column of the positives; by default positive or answer, and others.")
  private String pairColumn;

  @Option(
      names = "--num-negatives",
      paramLabel = "N",
      description = "Negatives of a query, the nearest. Default: 3.")
  private int numNegatives = 3;

  @Option(
      names = "--range-min",
      paramLabel = "N",
      description = "Pass over the N nearest, which may well be positives. Default: 0.")
  private int rangeMin;

  @Option(
      names = "--range-max",
      paramLabel = "N",
      description =
          "Look at the N nearest. Default: enough for --num-negatives, ten times as many if"
              + " --max-score or --relative-margin is given.")
  private Integer rangeMax;

  @Option(
      names = "--max-score",
      paramLabel = "COSINE",
      description = "The largest cosine that a negative may have. Default: any.")
  private Float maxScore;

  @Option(
      names = "--relative-margin",
      paramLabel = "SHARE",
      description =
          "By which share of the positive's cosine a negative has to be further away, such as 0.05."
              + " Default: it may be nearer.")
  private Float relativeMargin;

  @Mixin private DeviceOptions device;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    CommandLine command = spec.commandLine();
    model = ModelOption.folder(command, "--model", model);
    if (!isTable(pairs)) {
      throw new ParameterException(
          command,
          "--pairs %s: its name does not end in .tsv, .csv, .jsonl or .parquet".formatted(pairs));
    }
    if (corpusColumn != null && (corpus == null || !isTable(corpus))) {
      throw new ParameterException(command, "--corpus-column needs a --corpus with columns");
    }
    if (Files.exists(out) && !overwrite) {
      throw new ParameterException(
          command, "--out %s: is there already; --overwrite replaces it".formatted(out));
    }
    checkNumbers();
    device.apply(command);
    PrintWriter say = command.getOut();

    List<String> columns =
        EmbeddingOptions.texts(
            Source.of(pairs),
            EmbeddingDataset.columns(pairs, TableFormat.of(pairs), true),
            textColumn,
            pairColumn);
    EmbeddingDataset data =
        EmbeddingDataset.read(pairs, TableFormat.of(pairs), columns, null, true);
    List<String> passages = corpus == null ? List.of() : passages();
    say.printf(
        "%s of %s and %s%s%n",
        Figures.counted(data.size(), "pair"),
        columns.get(0),
        columns.get(1),
        corpus == null ? "" : "; " + Figures.counted(passages.size(), "passage"));
    say.flush();
    Mined mined;
    try (Embeddings embeddings = embeddings();
        Progress progress = new Progress()) {
      embeddings.computeType(device.forAnswers());
      HardNegatives negatives = HardNegatives.of(embeddings);
      configure(negatives);
      negatives.progress((done, all) -> progress.advanced("mining", done, all));
      mined = mine(negatives, data, passages);
    }
    if (mined.triplets().isEmpty()) {
      throw new DataException(
          pairs.toString(),
          "no negatives were found: %s; change --range-max, --max-score or --relative-margin, or"
                  .formatted(refused(mined))
              + " give a larger --corpus");
    }
    AtomicFile.write(out, stream -> write(mined, columns, stream));
    report(mined, say);
    return 0;
  }

  /** Refuses what is out of range before anything is read. */
  private void checkNumbers() {
    try {
      configure(HardNegatives.of(texts -> List.of()));
    } catch (IllegalArgumentException e) {
      String name = e.getMessage().split(" ", 2)[0];
      String option = "--" + name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
      throw new ParameterException(
          spec.commandLine(), option + e.getMessage().substring(name.length()), e);
    }
  }

  private void configure(HardNegatives negatives) {
    negatives.numNegatives(numNegatives).rangeMin(rangeMin);
    if (rangeMax != null) {
      negatives.rangeMax(rangeMax);
    }
    if (maxScore != null) {
      negatives.maxScore(maxScore);
    }
    if (relativeMargin != null) {
      negatives.relativeMargin(relativeMargin);
    }
  }

  private Mined mine(HardNegatives negatives, EmbeddingDataset data, List<String> passages) {
    try {
      return negatives.mine(data, passages);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--num-negatives, --range-min, --range-max: " + e.getMessage(), e);
    }
  }

  private Embeddings embeddings() {
    return model == null
        ? Pipelines.embeddings(MiniLm.sentenceEncoder(), MiniLm.tokenizer())
        : Pipelines.embeddings(model);
  }

  // ---- passages ----

  private static boolean isTable(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return name.matches(".*\\.(tsv|tab|csv|jsonl|ndjson)");
  }

  private List<String> passages() {
    if (!isTable(corpus)) {
      return lines();
    }
    TableFormat format = TableFormat.of(corpus);
    List<String> header = EmbeddingDataset.columns(corpus, format, true);
    String column =
        corpusColumn != null
            ? corpusColumn
            : USUAL_PASSAGE.stream()
                .filter(header::contains)
                .findFirst()
                .orElseThrow(
                    () ->
                        new DataException(
                            corpus.toString(),
                            "choose the column of the passages with --corpus-column; the columns"
                                + " are "
                                + String.join(", ", header)));
    return EmbeddingDataset.texts(corpus, format, column, true);
  }

  /** Each line that is not empty. */
  private List<String> lines() {
    List<String> all = new ArrayList<>();
    try (InputStream in = Files.newInputStream(corpus)) {
      TextLines lines = new TextLines(in, corpus.toString());
      for (String line = lines.next(); line != null; line = lines.next()) {
        if (!line.isBlank()) {
          all.add(line);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  // ---- the result ----

  private static void write(Mined mined, List<String> columns, OutputStream stream)
      throws IOException {
    Writer writer =
        new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), 1 << 16);
    for (Triplet one : mined.triplets()) {
      ObjectNode node = JsonFiles.object();
      node.put(columns.get(0), one.anchor());
      node.put(columns.get(1), one.positive());
      node.put("negative", one.negative());
      writer.write(node + "\n");
    }
    writer.flush();
  }

  private static String refused(Mined mined) {
    return String.format(
        Locale.ROOT,
        "of the nearest, %,d were within the margin, %,d above the maximal score",
        mined.withinMargin(),
        mined.aboveMaxScore());
  }

  private void report(Mined mined, PrintWriter say) {
    say.printf(
        Locale.ROOT,
        "%s of %s, from %s%n",
        Figures.counted(mined.triplets().size(), "triplet"),
        mined.queries() == 1
            ? "1 query"
            : String.format(Locale.ROOT, "%,d queries", mined.queries()),
        Figures.counted(mined.passages(), "passage"));
    say.printf(
        Locale.ROOT,
        "mean cosine to the query: %.3f of positives, %.3f of negatives%n",
        mean(mined, Triplet::positiveScore),
        mean(mined, Triplet::negativeScore));
    if (maxScore != null || relativeMargin != null) {
      say.println(refused(mined));
    }
    if (mined.incomplete() > 0) {
      say.printf(
          Locale.ROOT, "fewer than %d negatives: %,d queries%n", numNegatives, mined.incomplete());
    }
    say.println("wrote " + out);
  }

  private static double mean(Mined mined, ToDoubleFunction<Triplet> score) {
    return mined.triplets().stream().mapToDouble(score).average().orElseThrow();
  }
}
