package io.github.jaubert.measure;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.train.data.TableFormat;
import java.util.List;

/**
 * What a data set holds.
 *
 * @param source the file
 * @param rows how many there are, without the header
 * @param texts the columns of texts, one or two
 * @param tokens what a tokenizer makes of them; null if none was given
 * @param labels null if there is no column of labels
 * @param duplicates texts that are there more than once
 * @param leaks texts that are in other data, too; null if none were given
 * @param vocabulary the words of all texts; with what follows null if only the quick part was asked
 *     for
 * @param zipf how their counts fall off; null if there are too few, or too many to count exactly
 * @param associations which words go with words for people
 * @param personalData addresses and numbers of persons in the texts
 * @param languages those of the rows, the commonest first
 * @param perplexity how surprising texts are to a model; null if none was given
 * @param clusters texts that an encoder finds alike; null if none was given
 * @param seconds how long measuring took
 */
public record DataReport(
    String source,
    long rows,
    List<TextReport> texts,
    TokenReport tokens,
    LabelReport labels,
    DuplicateReport duplicates,
    LeakReport leaks,
    VocabularyReport vocabulary,
    ZipfReport zipf,
    AssociationReport associations,
    PersonalDataReport personalData,
    List<LanguageShare> languages,
    PerplexityReport perplexity,
    ClusterReport clusters,
    double seconds) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  /** The same as JSON; the names are those of the records with underscores. */
  public ObjectNode json() {
    return MAPPER.valueToTree(this);
  }

  /**
   * What machines read of a data set: Croissant 1.1 of MLCommons with the properties for
   * responsible AI that were measured. Licence, address and creator are to be added by whoever
   * knows them.
   *
   * @param format null for a file of lines
   * @param sha256 of the file, in hexadecimal digits
   * @throws IllegalStateException if only the quick part was measured
   */
  public ObjectNode croissant(TableFormat format, String sha256) {
    if (vocabulary == null) {
      throw new IllegalStateException("croissant: only the quick part was measured");
    }
    return Croissant.of(this, format, sha256);
  }

  /** What whoever is about to learn from these data should know, the gravest first. */
  public List<Notice> notices() {
    return Notices.of(this);
  }
}
