package io.github.jaubert.measure;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.measure.AssociationReport.Difference;
import io.github.jaubert.measure.AssociationReport.WordDifference;
import io.github.jaubert.measure.Notice.Subject;
import io.github.jaubert.train.data.TableFormat;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A description of a data set that machines read: Croissant 1.1 of MLCommons with the properties
 * for responsible AI, RAI 1.0, that were measured. What nobody measured or said, such as licence,
 * address and creator, is not in it.
 */
final class Croissant {
  private static final String[] OF_CROISSANT = {
    "citeAs", "column", "extract", "field", "fileObject", "fileProperty", "fileSet", "format",
    "includes", "isLiveDataset", "isArray", "arrayShape", "jsonPath", "key", "md5", "parentField",
    "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator",
    "source", "subField", "transform"
  };

  private static final String RECORDS = "rows";
  private static final int WORDS = 5;

  private final DataReport report;
  private final String file;
  private final ObjectNode json = JsonNodeFactory.instance.objectNode();

  private Croissant(DataReport report) {
    this.report = report;
    file = String.valueOf(Path.of(report.source()).getFileName());
  }

  /**
   * The description.
   *
   * @param format null for a text in each line
   * @param sha256 of the file, in hexadecimal digits
   */
  static ObjectNode of(DataReport report, TableFormat format, String sha256) {
    Croissant croissant = new Croissant(report);
    croissant.context();
    croissant.head();
    croissant.files(format, sha256);
    croissant.records(format == null);
    croissant.responsible();
    return croissant.json;
  }

  private void context() {
    ObjectNode context = json.putObject("@context");
    context.put("@language", "en").put("@vocab", "https://schema.org/");
    context.put("sc", "https://schema.org/").put("cr", "http://mlcommons.org/croissant/");
    context.put("rai", "http://mlcommons.org/croissant/RAI/");
    context.put("dct", "http://purl.org/dc/terms/").put("conformsTo", "dct:conformsTo");
    for (String name : OF_CROISSANT) {
      context.put(name, "cr:" + name);
    }
    context.putObject("data").put("@id", "cr:data").put("@type", "@json");
    context.putObject("examples").put("@id", "cr:examples").put("@type", "@json");
    context.putObject("dataType").put("@id", "cr:dataType").put("@type", "@vocab");
  }

  private void head() {
    json.put("@type", "sc:Dataset").put("name", file.replaceAll("[^\\w.-]", "_"));
    json.put(
        "description",
        said(
            "%,d rows of %s with %,d words, %,d of them different.",
            report.rows(),
            report.texts().size() == 1 ? "texts" : "pairs of texts",
            report.vocabulary().words(),
            report.vocabulary().distinct()));
    json.putArray("conformsTo")
        .add("http://mlcommons.org/croissant/1.1")
        .add("http://mlcommons.org/croissant/RAI/1.0");
    ArrayNode languages = json.putArray("inLanguage");
    report.languages().stream()
        .filter(one -> !one.language().startsWith("und") && one.share() >= 0.01)
        .forEach(one -> languages.add(one.language()));
  }

  private static String said(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private void files(TableFormat format, String sha256) {
    ObjectNode object = json.putArray("distribution").addObject();
    object.put("@type", "cr:FileObject").put("@id", iri(file)).put("name", file);
    object.put("contentUrl", iri(file)).put("encodingFormat", type(format)).put("sha256", sha256);
  }

  private static String type(TableFormat format) {
    if (format == null) {
      return "text/plain";
    }
    return switch (format) {
      case TSV, QUOTED_TSV -> "text/tab-separated-values";
      case CSV -> "text/csv";
      case JSONL -> "application/jsonlines";
      case PARQUET -> "application/vnd.apache.parquet";
      case FOLDERS -> throw new IllegalArgumentException("a folder is described by no one file");
    };
  }

  /** A name as a part of an IRI, which has no spaces, brackets or quotes. */
  private static String iri(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * @param lines whether each line of the file is a text
   */
  private void records(boolean lines) {
    ObjectNode records = json.putArray("recordSet").addObject();
    records.put("@type", "cr:RecordSet").put("@id", RECORDS).put("name", RECORDS);
    records.put("description", said("The %,d rows of the file.", report.rows()));
    ArrayNode fields = records.putArray("field");
    for (TextReport text : report.texts()) {
      field(
          fields,
          lines,
          text.column(),
          "sc:Text",
          said(
              "Texts of %,d to %,d characters, %.1f words on average.",
              text.characters().min(), text.characters().max(), text.words().mean()));
    }
    LabelReport labels = report.labels();
    if (labels != null) {
      field(
          fields,
          false,
          labels.column(),
          labels.scores() != null ? "sc:Float" : "sc:Text",
          labels.classes().isEmpty() ? "Scores." : said("One of %,d labels.", labels.distinct()));
    }
  }

  private void field(
      ArrayNode fields, boolean lines, String column, String type, String description) {
    ObjectNode field = fields.addObject();
    field.put("@type", "cr:Field").put("@id", RECORDS + "/" + iri(column)).put("name", column);
    field.put("description", description).put("dataType", type);
    ObjectNode source = field.putObject("source");
    source.putObject("fileObject").put("@id", iri(file));
    source.putObject("extract").put(lines ? "fileProperty" : "column", lines ? "lines" : column);
  }

  // ---- responsible AI ----

  private void responsible() {
    ArrayNode limits = json.putArray("rai:dataLimitations");
    report.notices().stream()
        .filter(one -> one.subject() != Subject.LEAK && one.subject() != Subject.PERSONAL_DATA)
        .forEach(one -> limits.add(one.text()));
    LeakReport leaks = report.leaks();
    if (leaks != null) {
      limits.add(
          said(
              "%,d of %,d rows of %s have a text that is in this data set, too, and %,d a similar one",
              leaks.exact(),
              leaks.rows(),
              Path.of(leaks.against()).getFileName(),
              leaks.similar()));
    }
    ArrayNode biases = json.putArray("rai:dataBiases");
    LabelReport labels = report.labels();
    if (labels != null && labels.imbalance() != null) {
      biases.add(
          said(
              "labels: the commonest occurs %.1f times as often as the rarest, entropy %.3f bits",
              labels.imbalance(), labels.entropy()));
    }
    for (Difference one : report.associations().differences()) {
      String first = words(one, true);
      String second = words(one, false);
      if (!first.isEmpty() || !second.isEmpty()) {
        biases.add(
            said(
                "by nPMI of texts these words go with %s rather than %s: %s; the other way round: %s",
                one.first(),
                one.second(),
                first.isEmpty() ? "none" : first,
                second.isEmpty() ? "none" : second));
      }
    }
    PersonalDataReport people = report.personalData();
    String names =
        people.names()
            ? "; names of persons and places were looked for by a token classifier"
            : "; names were not looked for";
    json.putArray("rai:personalSensitiveInformation")
        .add(
            people.rows() == 0
                ? "no e-mail addresses, telephone, card, account or US social security numbers were"
                    + " found"
                    + names
                : said("%,d rows hold ", people.rows())
                    + people.kinds().stream()
                        .map(kind -> said("%s (%,d)", kind.kind(), kind.count()))
                        .collect(Collectors.joining(", "))
                    + names);
  }

  private static String words(Difference difference, boolean first) {
    List<WordDifference> certain =
        difference.words().stream()
            .filter(one -> first ? one.low() > 0 : one.high() < 0)
            .limit(WORDS)
            .toList();
    return certain.stream().map(WordDifference::word).collect(Collectors.joining(", "));
  }
}
