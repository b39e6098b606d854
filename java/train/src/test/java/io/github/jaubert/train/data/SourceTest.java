package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data sets of every kind take several files, and say of which one a row is. */
class SourceTest {
  @TempDir Path folder;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static String failure(Runnable read) {
    return assertThrows(DataException.class, read::run).getMessage();
  }

  @Test
  void rowsFollowOneAnotherAndKnowTheirPlace() throws IOException {
    Path a = file("a.csv", "text,label,by\none,x,me\n\"t\nwo\",y,you\n");
    Path b = file("b.tsv", "by\tlabel\ttext\nme\tx\tthree\n");
    TextDataset data = TextDataset.files(List.of(a, b)).text("text").label("label");
    assertEquals(
        List.of("one", "t\nwo", "three"), data.rows().stream().map(Example::text).toList());
    assertEquals(
        List.of(a + ":2", a + ":3", b + ":2"),
        data.rows().stream().map(row -> data.origin().place(row.line())).toList());
    assertEquals(a + " and " + b, data.source());
    // Groups are those of all files.
    TextDataset.Split split = data.splitByGroup("by", 0.3, 1);
    assertEquals(3, split.train().size() + split.heldOut().size());
    Path c = file("c.jsonl", "{\"text\":\"four\",\"more\":1}\n");
    TextDataset lacking = TextDataset.files(List.of(a, b, c)).text("text").label("label");
    assertEquals(c + ":1: no value for label", failure(lacking::rows));
    assertEquals(4, TextDataset.files(List.of(a, b, c)).text("text").size());
  }

  @Test
  void everyKindOfDataSet() throws IOException {
    Path words = file("a.conll", "EU B-ORG\n\nMr O\nX B-PER\n");
    Path more = file("b.conll", "Y\tB-PER\n");
    TaggedDataset tagged = TaggedDataset.conll(Source.of(List.of(words, more)));
    assertEquals(3, tagged.size());
    assertEquals(more + ":1", tagged.origin().place(tagged.sentences().get(2).line()));

    String squad =
        "{\"data\":[{\"paragraphs\":[{\"context\":\"a b\",\"qas\":[{\"id\":\"q\",\"question\":\"?\","
            + "\"answers\":[{\"text\":\"b\",\"answer_start\":2}]}]}]}]}";
    Path asked = file("q.csv", "question,context,answer\nwho,c d,d\n");
    QuestionDataset questions =
        QuestionDataset.of(Source.of(List.of(file("q.json", squad), asked)), null);
    assertEquals(2, questions.size());
    assertEquals(asked + ":2", questions.origin().place(questions.questions().get(1).line()));

    Source pairs =
        Source.of(List.of(file("p.csv", "a,b,s\n1,2,1\n"), file("p.tsv", "s\ta\tb\n0\t3\t4\n")));
    EmbeddingDataset embedded = EmbeddingDataset.read(pairs, null, List.of("a", "b"), "s", true);
    assertEquals(List.of("3", "4"), embedded.rows().get(1).texts());
    RankingDataset ranked = RankingDataset.read(pairs, null, "a", "b", "s", null, true);
    assertEquals(0, ranked.rows().get(1).score());
    Path wrong = file("w.csv", "b,a,s\n5,6,none\n");
    Source flawed = Source.of(List.of(pairs.files().get(0), wrong));
    assertEquals(
        wrong
            + ":2: s is none, and a number was expected; of labels, say which is the relevant one",
        failure(() -> RankingDataset.read(flawed, null, "a", "b", "s", null, true)));
    Source chosen =
        Source.of(
            List.of(
                file("c.csv", "q,c0,c1,a\nx,1,2,0\n"),
                file("c.jsonl", "{\"q\":\"y\",\"c0\":\"3\",\"c1\":\"4\",\"a\":\"B\"}\n")));
    ChoiceDataset choices =
        ChoiceDataset.read(
            chosen, null, new ChoiceColumns("q", null, List.of("c0", "c1"), "a"), true);
    assertEquals(1, choices.rows().get(1).answer());
  }

  @Test
  void whatCannotBeIsRefused() {
    Path a = Path.of("a.csv");
    assertEquals(
        "./a.csv: is there twice among the files of a data set",
        failure(() -> Source.of(List.of(a, Path.of("./a.csv")))));
    assertThrows(IllegalArgumentException.class, () -> Source.of(List.of()));
    List<Path> three = List.of(a, Path.of("b.csv"), Path.of("c.csv"));
    assertEquals("a.csv … c.csv (3 files)", Source.of(three).toString());
    assertEquals("examples:3", Source.of("examples").place(3));
  }
}
