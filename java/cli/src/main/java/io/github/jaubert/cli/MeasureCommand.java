package io.github.jaubert.cli;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.Embeddings;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TokenClassification;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.console.Progress;
import io.github.jaubert.cli.measure.MeasuredLines;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.ModelOption;
import io.github.jaubert.cli.options.TrainingOptions;
import io.github.jaubert.cli.report.DataPage;
import io.github.jaubert.measure.DataMeasurement;
import io.github.jaubert.measure.DataReport;
import io.github.jaubert.measure.bias.MaskedScorer;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.RowReader;
import io.github.jaubert.train.data.TableFormat;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures data before anything is learnt from them. */
@Command(
    name = "measure",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Tells what a data set holds: lengths, labels, words, what is in it more than once, and what of"
          + " it is in the data to be judged by, too (--against).",
      "A file is read once, row by row; a million rows need no more memory than some hundred MB."
    })
final class MeasureCommand implements Callable<Integer> {
  private static final int CLUSTER_TEXTS = 10_000;
  private static final int MOST_CLUSTERS = 1000;

  @Parameters(
      paramLabel = "DATA",
      description =
          "The data: .tsv, .csv, .jsonl or .parquet, but for Parquet also packed with gzip or zstd;"
              + " of a file with another name every line is a text.")
  private Path data;

  @Option(
      names = "--against",
      paramLabel = "FILE",
      description = "The data to be judged by, with the same columns: which texts are in both?")
  private Path against;

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description =
          "The column of the text, or of the first of a pair; by default what finetune takes.")
  private String textColumn;

  @Option(
      names = "--pair-column",
      paramLabel = "NAME",
      description = "The column of the second text of a pair. '' for none.")
  private String pairColumn;

  @Option(
      names = "--label-column",
      paramLabel = "NAME",
      description =
          "The column of the label or score; by default label, labels, gold_label or score, if there"
              + " is one. '' for none.")
  private String labelColumn;

  @Option(
      names = "--label-separator",
      paramLabel = "TEXT",
      description = "What stands between labels where a row may have several.")
  private String separator;

  @Option(
      names = "--ordinal",
      description = "Labels that are whole numbers are in an order, as stars are: tell their skew.")
  private boolean ordinal;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "TSV, QUOTED_TSV, CSV, JSONL or PARQUET; by default what the file's name ends in.")
  private TableFormat format;

  @Option(
      names = "--no-header",
      description = "The first line is data; columns are then called 0, 1, 2, …")
  private boolean noHeader;

  @Option(
      names = {"--model", "--tokenizer"},
      paramLabel = "MODEL",
      description =
          "A folder, or a name on the Hub, with a tokenizer: count tokens, and how many texts it"
              + " cuts.")
  private Path model;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = "Tokens that a text or pair is cut to. Default: what the folder says.")
  private Integer maxLength;

  @Option(
      names = "--similar",
      paramLabel = "INDEX",
      description =
          "Texts are similar if their pieces of five characters have this index of Jaccard, from 0.5"
              + " to 1. Default: 0.8.")
  private double similar = DataMeasurement.SIMILAR;

  @Option(
      names = "--perplexity",
      paramLabel = "TEXTS",
      description =
          "How surprising so many texts, drawn at random, are to --model, which has a head for masked"
              + " tokens. Each costs a pass for each of its tokens.")
  private Integer perplexity;

  @Option(
      names = "--clusters",
      paramLabel = "N",
      description =
          "Put texts together that the encoder of --model finds alike, in N clusters; auto tries"
              + " some numbers from 2 to 20.")
  private String clusters;

  @Option(
      names = "--cluster-texts",
      paramLabel = "TEXTS",
      description = "How many texts are drawn at random for --clusters. Default: 10000.")
  private Integer clusterTexts;

  @Option(
      names = "--tagger",
      paramLabel = "MODEL",
      description =
          "A model for tokens with labels such as PER and LOC: names of persons and places are"
              + " personal data, counted and masked. Each text costs a pass.")
  private Path tagger;

  @Option(
      names = "--terms",
      split = ",",
      paramLabel = "TERM,TERM",
      hideParamSyntax = true,
      description =
          "Words for people, whose company is compared two by two; / stands between words of one term,"
              + " as he/him/his,she/her/hers. Default: English ones.")
  private List<String> terms;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the random samples for intervals and Zipf's law. Default: 42.")
  private long seed = 42;

  @Option(names = "--json", paramLabel = "FILE", description = "Write all figures as JSON.")
  private Path json;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page, one file that a browser shows without a network.")
  private Path html;

  @Option(
      names = "--croissant",
      paramLabel = "FILE",
      description =
          "Write a description that machines read, Croissant 1.1 with what was measured for"
              + " responsible AI; add licence, address and creator.")
  private Path croissant;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    check();
    DataMeasurement measurement = measurement();
    DataReport report;
    try (Tokenizer tokenizer = tokenizer();
        MaskedScorer scorer = perplexity == null ? null : MaskedScorer.fromPretrained(model);
        Embeddings encoder = clusters == null ? null : Pipelines.embeddings(model);
        TokenClassification names = tagger == null ? null : Pipelines.tokenClassification(tagger);
        Progress progress = new Progress()) {
      if (scorer != null) {
        scorer.listener(progress::advanced);
        measurement.perplexity(scorer, perplexity);
      }
      if (names != null) {
        nameFinder(measurement, names);
      }
      if (encoder != null) {
        measurement.clusters(
            encoder,
            clusterCount(),
            clusterTexts == null ? CLUSTER_TEXTS : clusterTexts,
            progress::advanced);
      }
      report = measurement.tokenizer(tokenizer).run();
    }
    MeasuredLines.print(report, spec.commandLine().getOut());
    if (json != null) {
      AtomicFile.write(json, JsonFiles.format(report.json()));
      spec.commandLine().getOut().println("wrote " + json);
    }
    if (croissant != null) {
      AtomicFile.write(croissant, JsonFiles.format(report.croissant(format(data), sha256())));
      spec.commandLine().getOut().println("wrote " + croissant);
    }
    if (html != null) {
      AtomicFile.write(html, DataPage.of(report).getBytes(StandardCharsets.UTF_8));
      spec.commandLine().getOut().println("wrote " + html);
    }
    return 0;
  }

  private void nameFinder(DataMeasurement measurement, TokenClassification names) {
    try {
      measurement.tagger(names);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--tagger %s: %s".formatted(tagger, e.getMessage()), e);
    }
  }

  private String sha256() {
    try (InputStream in = Files.newInputStream(data)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private void check() {
    CommandLine command = spec.commandLine();
    for (Path file : Arrays.asList(json, html, croissant)) {
      if (file != null && Files.isDirectory(file)) {
        throw new ParameterException(
            command,
            "--%s %s: is a folder; name a file in it"
                .formatted(file == json ? "json" : file == html ? "html" : "croissant", file));
      }
    }
    if (croissant != null && Files.isDirectory(data)) {
      throw new ParameterException(
          command, "--croissant describes one file, and %s is a folder".formatted(data));
    }
    TrainingOptions.atLeast(command, "--max-length", maxLength, 3);
    TrainingOptions.atLeast(command, "--perplexity", perplexity, 1);
    TrainingOptions.atLeast(command, "--cluster-texts", clusterTexts, 2);
    if (model == null && (maxLength != null || perplexity != null || clusters != null)) {
      throw new ParameterException(
          command,
          (maxLength != null ? "--max-length" : perplexity != null ? "--perplexity" : "--clusters")
              + " needs --model");
    }
    if (clusters == null && clusterTexts != null) {
      throw new ParameterException(command, "--cluster-texts needs --clusters");
    }
    if (clusters != null) {
      clusterCount();
    }
    if (!(similar >= 0.5 && similar <= 1)) {
      throw new ParameterException(command, "--similar %s: from 0.5 to 1".formatted(similar));
    }
    if (terms != null && terms.stream().anyMatch(term -> !term.matches("[^/ ]+(/[^/ ]+)*"))) {
      throw new ParameterException(
          command, "--terms %s: words with / and , between".formatted(String.join(",", terms)));
    }
    if (noHeader && textColumn == null && format(data) != null) {
      throw new ParameterException(command, "--no-header needs --text-column, such as 0");
    }
    model = ModelOption.folder(command, "--model", model);
    tagger = ModelOption.folder(command, "--tagger", tagger);
  }

  /** 0 for a number that suits the texts. */
  private int clusterCount() {
    if (clusters.equals("auto")) {
      return 0;
    }
    if (!clusters.matches("[1-9]\\d{0,3}") || Integer.parseInt(clusters) > MOST_CLUSTERS) {
      throw new ParameterException(
          spec.commandLine(),
          "--clusters %s: a number from 1 to %d, or auto".formatted(clusters, MOST_CLUSTERS));
    }
    return Integer.parseInt(clusters);
  }

  /** The format of a file; null if each of its lines is a text. */
  private TableFormat format(Path file) {
    if (format != null) {
      return format;
    }
    try {
      return TableFormat.of(file);
    } catch (DataException e) {
      return null; // a name without one of the ends
    }
  }

  private Tokenizer tokenizer() {
    if (model == null) {
      return null;
    }
    Tokenizer whole = Tokenizer.fromPretrained(model);
    if (maxLength == null) {
      return whole;
    }
    try (whole) {
      return whole.withMaxLength(maxLength);
    }
  }

  private DataMeasurement measurement() {
    TableFormat own = format(data);
    DataMeasurement measurement =
        own == null ? DataMeasurement.ofLines(data) : DataMeasurement.of(data, own, !noHeader);
    if (own != null) {
      choose(measurement, own);
    }
    if (against != null) {
      TableFormat other = format(against);
      if (other == null) {
        measurement.againstLines(against);
      } else {
        measurement.against(against, other, !noHeader);
      }
    }
    if (terms != null) {
      measurement.terms(
          terms.stream().map(term -> List.of(term.toLowerCase(Locale.ROOT).split("/"))).toList());
    }
    return measurement.seed(seed).separator(separator).ordinal(ordinal).similar(similar);
  }

  /** The columns that finetune takes; labels are not needed here. */
  private void choose(DataMeasurement measurement, TableFormat own) {
    List<String> header;
    try (RowReader rows = new RowReader(data, own, !noHeader)) {
      header = rows.columns();
    }
    DataOptions.Pair usual =
        DataOptions.USUAL_PAIRS.stream()
            .filter(pair -> textColumn == null)
            .filter(pair -> pairColumn == null || pairColumn.equals(pair.second()))
            .filter(pair -> header.containsAll(List.of(pair.text(), pair.second())))
            .findFirst()
            .orElse(null);
    String pair = usual != null ? usual.second() : pairColumn;
    measurement.text(usual != null ? usual.text() : text(header));
    measurement.pair(pair == null || pair.isEmpty() ? null : pair);
    String label =
        labelColumn != null
            ? labelColumn
            : DataOptions.USUAL_LABEL.stream().filter(header::contains).findFirst().orElse("");
    measurement.label(label.isEmpty() ? null : label);
  }

  private String text(List<String> header) {
    if (textColumn != null) {
      return textColumn;
    }
    return DataOptions.USUAL_TEXT.stream()
        .filter(header::contains)
        .findFirst()
        .orElseThrow(
            () ->
                new DataException(
                    data.toString(),
                    "choose a column with --text-column; the columns are "
                        + String.join(", ", header)));
  }
}
