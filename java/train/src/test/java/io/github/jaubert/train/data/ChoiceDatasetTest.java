package io.github.jaubert.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChoiceDatasetTest {
  @TempDir Path temporary;

  private ChoiceDataset read(String name, String text) throws IOException {
    Path file = Files.writeString(temporary.resolve(name), text);
    TableFormat format = TableFormat.of(file);
    ChoiceColumns.Found found = ChoiceColumns.find(ChoiceDataset.columns(file, format, true));
    return ChoiceDataset.read(
        file,
        format,
        new ChoiceColumns(found.prompt(), found.beginning(), found.choices(), found.answer()),
        true);
  }

  @Test
  void readsSwag() throws IOException {
    ChoiceDataset data =
        read(
            "swag.csv",
            """
            ,video-id,fold-ind,startphrase,sent1,sent2,gold-source,ending0,ending1,ending2,ending3,label
            0,a_1,34,"x",Members walk by.,A drum line,gold,"passes by, slowly.",has heard.,arrives.,turns.,0
            1,a_2,35,"y",She sits.,,gold,stands.,runs.,sleeps.,eats.,2.0
            """);
    assertEquals(2, data.size());
    assertEquals(4, data.most());
    Choices first = data.rows().get(0);
    assertEquals("Members walk by.", first.prompt());
    assertEquals("A drum line passes by, slowly.", first.choices().get(0));
    assertEquals("A drum line turns.", first.choices().get(3));
    assertEquals(0, first.answer());
    assertEquals(
        new Choices("She sits.", List.of("stands.", "runs.", "sleeps.", "eats."), 2, 3),
        data.rows().get(1));
  }

  @Test
  void answersAreTextsNumbersOrLetters() throws IOException {
    ChoiceDataset data =
        read(
            "q.jsonl",
            """
            {"question": "1 + 1", "choices": ["1", "2", "0"], "answer": "2"}
            {"question": "sky", "choices": ["red", "blue"], "answer": 1}
            {"question": "grass", "choices": ["red", "blue", "green"], "answer": "C"}
            {"question": "sun", "choices": ["yellow", "blue"], "answer": "yellow"}
            """);
    assertEquals(List.of(1, 1, 2, 0), data.rows().stream().map(Choices::answer).toList());
    assertEquals(3, data.most());
    ChoiceDataset numbered =
        read("n.tsv", "premise\tchoice1\tchoice2\tchoice3\tlabel\np\ta\tb\t\t1\nq\ta\tb\tc\t2\n");
    assertEquals(List.of(2, 3), numbered.rows().stream().map(row -> row.choices().size()).toList());
  }

  @Test
  void whatIsWrongIsNamed() throws IOException {
    refuses("question\tchoice0\tchoice1\tlabel\nq\ta\tb\t2\n", "the answer 2 is none of the");
    refuses("question\tchoice0\tchoice1\tlabel\nq\ta\tb\t-1\n", "the answer '-1' is neither");
    refuses("question\tchoice0\tchoice1\tlabel\nq\ta\t\t0\n", "choices: 1; at least two");
    refuses("question\tchoice0\tchoice1\tlabel\nq\ta\tb\tboth\n", "the answer 'both' is neither");
    ChoiceColumns.Found found = ChoiceColumns.find(List.of("a", "choice0", "label2"));
    assertNull(found.prompt());
    assertNull(found.choices());
    assertNull(found.answer());
    assertThrows(IllegalArgumentException.class, () -> Choices.of("p", 0, "alone"));
    ChoiceDataset three =
        ChoiceDataset.of(
            "three",
            List.of(
                Choices.of("a", 0, "x", "y"),
                Choices.of("b", 0, "x", "y"),
                Choices.of("c", 0, "x", "y")));
    assertEquals(2, three.sample(2, 1).size());
    assertEquals(three.sample(2, 1).rows(), three.sample(2, 1).rows());
    assertThrows(DataException.class, () -> ChoiceDataset.of("none", List.of()));
  }

  private void refuses(String text, String why) {
    String message = assertThrows(DataException.class, () -> read("w.tsv", text)).getMessage();
    assertTrue(message.contains("w.tsv:2: ") && message.contains(why), message);
  }
}
