package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaggedDatasetTest {
  @TempDir Path folder;

  private TaggedDataset conll(String content) throws IOException {
    return TaggedDataset.conll(Files.writeString(folder.resolve("a.conll"), content));
  }

  private TaggedDataset jsonl(String content) throws IOException {
    return TaggedDataset.jsonl(Files.writeString(folder.resolve("a.jsonl"), content));
  }

  private static void assertFault(String expected, TaggedDataset data) {
    String message = assertThrows(DataException.class, data::sentences).getMessage();
    assertTrue(message.startsWith(data.source()), message);
    assertEquals(expected, message.substring(data.source().length()));
  }

  private static TaggedSentence sentence(String words, String tags, long line) {
    return new TaggedSentence(List.of(words.split(" ")), List.of(tags.split(" ")), line);
  }

  // ---- CoNLL ----

  @Test
  void firstColumnIsTheWordAndLastTheTag() throws IOException {
    TaggedDataset data =
        conll(
            "\uFEFF-DOCSTART- -X- O O\r\n\r\nEU NNP B-NP B-ORG\r\nsays  VBZ\tB-VP O \r\n\r\n \r\n"
                + "-DOCSTART- -X- -X- O\r\n. . O O");
    assertEquals(
        List.of(sentence("EU says", "B-ORG O", 3), sentence(".", "O", 8)), data.sentences());
    assertEquals(List.of("O", "B-ORG"), data.tagNames());
    assertEquals(2, data.size());
  }

  @Test
  void columnsCanBeChosen() throws IOException {
    String content = "1\tNew York\tNNP\tB-LOC\n2\tis\tVBZ\tO\n\n1\ta\u00A0b\tNN\tO\n";
    assertEquals(
        List.of(List.of("New York", "is"), List.of("a\u00A0b")),
        conll(content).words("1").sentences().stream().map(TaggedSentence::words).toList());
    assertEquals(
        List.of("NNP", "VBZ"), conll(content).words("1").tags("-2").sentences().get(0).tags());
    assertFault(": no column 4; the columns are 0 to 3", conll(content).tags("4"));
    assertFault(": no column -5; the columns are 0 to 3", conll(content).words("-5"));
    assertFault(": no column ner; the columns are the numbers 0 to 3", conll(content).tags("ner"));
    assertFault(": column 3 of 4 is both the word and the tag", conll(content).words("3"));
  }

  @Test
  void commentsAreLeftOutAndWordsOfHashesAreNot() throws IOException {
    assertEquals(
        List.of(sentence("a # #tag", "O O B-X", 3), sentence("#", "O", 7)),
        conll("# a comment\n# id = 5\na O\n# O\n#tag B-X\n\n# O\n# a longer comment\n# k = v\n")
            .sentences());
  }

  @Test
  void tagsThatAreNumbersGetTheirNames() throws IOException {
    TaggedDataset data = conll("a 0\nb 2\n").names("O", "B-X", "I-X");
    assertEquals(List.of(sentence("a b", "O I-X", 1)), data.sentences());
    assertFault(
        ":2: tag 2 is no number from 0 to 1 (O, B-X)", conll("a 0\nb 2\n").names("O", "B-X"));
    assertFault(":1: tag O is no number from 0 to 1 (O, B-X)", conll("a O\n").names("O", "B-X"));
  }

  @Test
  void linesThatDifferAreRefused() throws IOException {
    assertFault(":3: 3 columns where the first word has 2", conll("a O\nb O\nc d O\n"));
    assertFault(":1: the tag is empty", conll("a\t\tx\n").tags("1"));
    assertFault(": has no word", conll("\n# nothing\n\n"));
    assertFault(
        ": column 0 of 1 is both the word and the tag: are the columns divided otherwise?",
        conll("a,O\nb,O\n"));
    assertFault(": the file is empty", conll(""));
    assertFault(": no such file", TaggedDataset.conll(folder.resolve("none.conll")));
  }

  // ---- JSON lines ----

  @Test
  void arraysOfWordsAndTags() throws IOException {
    TaggedDataset data =
        jsonl(
            """
            {"id": 1, "tokens": ["New York", "is", "5"], "ner_tags": ["B-LOC", "O", "O"]}

            {"tokens": [], "ner_tags": []}
            {"tokens": ["big"], "ner_tags": ["O"]}
            """);
    assertEquals(
        List.of(
            new TaggedSentence(List.of("New York", "is", "5"), List.of("B-LOC", "O", "O"), 1),
            sentence("big", "O", 4)),
        data.sentences());
    assertEquals(
        List.of(sentence("a b", "X Y", 1)),
        jsonl("{\"words\": [\"a\", \"b\"], \"labels\": [\"X\", \"Y\"]}").sentences());
    assertEquals(
        List.of(sentence("a b", "X Y", 1)),
        jsonl("{\"w\": [\"a\", \"b\"], \"labels\": [1, 2], \"t\": [\"X\", \"Y\"]}")
            .words("w")
            .tags("t")
            .sentences());
  }

  @Test
  void numbersNeedNames() throws IOException {
    String content = "{\"tokens\": [\"a\", \"b\"], \"ner_tags\": [0, 2]}\n";
    assertEquals(
        List.of(sentence("a b", "O I-X", 1)), jsonl(content).names("O", "B-X", "I-X").sentences());
    assertFault(
        ":1: ner_tags are numbers, 0 the first; names(…) says what they stand for", jsonl(content));
    assertFault(":1: tag 2 is no number from 0 to 1 (O, B-X)", jsonl(content).names("O", "B-X"));
  }

  @Test
  void objectsThatDoNotFitAreRefused() throws IOException {
    assertFault(
        ":2: 2 tokens and 1 tags",
        jsonl(
            "{\"tokens\": [\"a\"], \"tags\": [\"O\"]}\n{\"tokens\": [\"a\", \"b\"], \"tags\": [\"O\"]}"));
    assertFault(
        ": none of ner_tags, tags, labels is there; choose the key of the tags with tags(…):"
            + " tokens, ner",
        jsonl("{\"tokens\": [\"a\"], \"ner\": [\"O\"]}"));
    assertFault(
        ":2: no value for tags",
        jsonl("{\"tokens\": [\"a\"], \"tags\": [\"O\"]}\n{\"tokens\": [\"a\"]}"));
    assertFault(":1: one of tags is empty", jsonl("{\"tokens\": [\"a\"], \"tags\": [\"\"]}"));
  }

  // ---- labels ----

  @Test
  void labelsAreSortedByTypeBehindO() {
    TaggedDataset data =
        TaggedDataset.of(
            "list",
            List.of(
                TaggedSentence.of(
                    List.of("a", "b", "c", "d", "e", "f", "g"),
                    List.of("I-PER", "B-PER", "O", "I-LOC", "S-PER", "NOUN", "E-PER"))));
    assertEquals(
        List.of("O", "I-LOC", "NOUN", "B-PER", "I-PER", "E-PER", "S-PER"), data.tagNames());
    assertEquals(
        "list: has no word with a tag",
        assertThrows(DataException.class, () -> TaggedDataset.of("list", List.of()).tagNames())
            .getMessage());
    assertThrows(IllegalStateException.class, () -> data.tags("1"));
  }

  @Test
  void aSampleKeepsTheOrderAndIsTheSameForTheSameSeed() {
    List<TaggedSentence> all =
        IntStream.range(0, 50).mapToObj(i -> sentence("word" + i, "O", i + 1)).toList();
    TaggedDataset data = TaggedDataset.of("list", all);
    List<Long> lines = data.sample(20, 3).sentences().stream().map(TaggedSentence::line).toList();
    assertEquals(20, lines.size());
    assertEquals(lines.stream().distinct().sorted().toList(), lines);
    assertEquals(data.sample(20, 3).sentences(), data.sample(20, 3).sentences());
    assertNotEquals(data.sample(20, 3).sentences(), data.sample(20, 4).sentences());
    assertEquals(all, data.sample(50, 3).sentences());
    assertThrows(IllegalArgumentException.class, () -> data.sample(0, 3));
  }

  @Test
  void wordsAndTagsGoInPairs() {
    assertEquals(
        "a sentence of 2 words and 1 tags",
        assertThrows(
                IllegalArgumentException.class,
                () -> TaggedSentence.of(List.of("a", "b"), List.of("O")))
            .getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> TaggedSentence.of(List.of("a"), List.of("")));
  }
}
