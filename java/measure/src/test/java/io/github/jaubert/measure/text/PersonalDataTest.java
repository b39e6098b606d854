package io.github.jaubert.measure.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.measure.text.PersonalData.Found;
import io.github.jaubert.measure.text.PersonalData.Kind;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PersonalDataTest {
  /** Numbers that are printed in manuals as examples, and belong to nobody. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "EMAIL|jane.doe+news@mail.example.co.uk|j•••@•••.uk",
        "EMAIL|a@b.org|a•••@•••.org",
        "PHONE|+49 30 901820|+•• •• ••••20",
        "PHONE|(212) 555-0143|(•••) •••-••43",
        "PHONE|212-555-0143|•••-•••-••43",
        "PHONE|+1 212 555 0143|+• ••• ••• ••43",
        "CARD|4111 1111 1111 1111|•••• •••• •••• ••11",
        "CARD|378282246310005|•••••••••••••05",
        "CARD|5555-5555-5555-4444|••••-••••-••••-••44",
        "IBAN|DE89 3704 0044 0532 0130 00|•••• •••• •••• •••• •••• 00",
        "IBAN|GB82WEST12345698765432|••••••••••••••••••••32",
        "SSN|219-09-9999|•••-••-••99"
      })
  void whatIsPlantedIsFoundAndMasked(String kind, String planted, String masked) {
    String text = "Call or write: " + planted + ", before 12.05.2024.";
    List<Found> found = PersonalData.in(text);
    assertEquals(1, found.size(), found.toString());
    assertEquals(Kind.valueOf(kind), found.get(0).kind());
    assertEquals(
        "Call or write: " + masked + ", before 12.05.2024.", PersonalData.masked(text, found));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4111 1111 1111 1112", // the check digit
        "DE89 3704 0044 0532 0130 01",
        "on 2024-05-12 10:20:30",
        "from 1990-1999, 1,234,567.89 dollars",
        "version 10.0.19045.1234",
        "ISBN 978-3-16-148410-0",
        "000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567",
        "3.14159265358979",
        "user@localhost, @name, a@b",
        "1234567890123456789012"
      })
  void whatOnlyLooksLikeItIsNot(String text) {
    assertEquals(List.of(), PersonalData.in(text));
  }

  @Test
  void everyWrongDigitOfACardIsSeen() {
    Random random = new Random(Seeds.seed("luhn"));
    for (int i = 0; i < 300; i++) {
      StringBuilder digits = new StringBuilder("4");
      while (digits.length() < 15) {
        digits.append(random.nextInt(10));
      }
      String card = null;
      for (int last = 0; last < 10; last++) {
        card = PersonalData.luhn(digits + "" + last) ? digits + "" + last : card;
      }
      assertEquals(Kind.CARD, PersonalData.in(card).get(0).kind(), Seeds.said());
      int at = random.nextInt(16);
      char wrong = (char) ('0' + (card.charAt(at) - '0' + 1 + random.nextInt(9)) % 10);
      assertFalse(
          PersonalData.luhn(card.substring(0, at) + wrong + card.substring(at + 1)), Seeds.said());
    }
  }

  /** Patterns that go back over what they read would take hours. */
  @Test
  void longRunsAreReadOnce() {
    for (String piece : new String[] {"a", "a.", "1", "1 ", "@a.", "AB12 ", "+1-", "a@a"}) {
      String text = piece.repeat(300_000 / piece.length());
      assertTrue(PersonalData.in(text).size() <= 200_000);
    }
  }

  @Test
  void languagesAreToldByScriptAndFunctionWords() {
    assertEquals("en", language("The film was not what I had hoped for."));
    assertEquals("de", language("Der Film war nicht das, was ich mir erhofft hatte."));
    assertEquals("fr", language("Le film n'est pas ce que nous avons vu avec elle."));
    assertEquals("es", language("La película no es lo que yo había esperado de él."));
    assertEquals("zh", language("这部电影很好看"));
    assertEquals("ja", language("この映画はとても良い"));
    assertEquals("ko", language("이 영화는 정말 좋다"));
    assertEquals("und-Cyrl", language("Этот фильм очень хороший"));
    assertEquals("und-Latn", language("Berlin Paris Roma"));
    assertEquals("und", language("12:30 !!"));
  }

  private static String language(String text) {
    List<String> words = new java.util.ArrayList<>();
    Words.forEach(text, words::add);
    return Languages.of(text, words.toArray(String[]::new));
  }
}
