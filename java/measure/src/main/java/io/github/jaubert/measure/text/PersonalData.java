package io.github.jaubert.measure.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * E-mail addresses, telephone, card and account numbers, and US social security numbers in a text.
 * What has a check digit is told by it: cards by Luhn's (ISO/IEC 7812), accounts by 97 (ISO 13616).
 * Names are found by {@link Names}, addresses not at all.
 */
public final class PersonalData {
  /** What was found. */
  public enum Kind {
    /** An address of electronic mail. */
    EMAIL,
    /** A telephone number with + and its country, or of North America with its separators. */
    PHONE,
    /** A payment card number, 13 to 19 digits. */
    CARD,
    /** An international bank account number. */
    IBAN,
    /** A US social security number, with its hyphens. */
    SSN,
    /** The name of a person, see {@link Names}. */
    PERSON,
    /** The name of a place, see {@link Names}. */
    PLACE
  }

  /** A place in a text. */
  public record Found(Kind kind, int start, int end, String masked) {}

  private static final Pattern EMAIL =
      Pattern.compile(
          "(?<![\\w.%+-])[\\w%+-][\\w.%+-]{0,63}@(?:[a-zA-Z0-9-]{1,63}\\.){1,8}[a-zA-Z]{2,24}(?![\\w-])");

  private static final Pattern NUMBER =
      Pattern.compile("(?<![\\w.,+-])[+(]?\\d[\\d ().-]{5,30}\\d(?![\\w])");

  private static final Pattern NANP =
      Pattern.compile("(?:1[ .-])?(?:\\([2-9]\\d\\d\\) ?|[2-9]\\d\\d[ .-])[2-9]\\d\\d[.-]\\d{4}");

  private static final Pattern SSN =
      Pattern.compile("(?!000|666|9)\\d{3}-(?!00)\\d{2}-(?!0000)\\d{4}");

  private static final Pattern CARD =
      Pattern.compile(
          "\\d{13,19}|\\d{4}([ -])\\d{4}\\1\\d{4}\\1\\d{4}(?:\\1\\d{3})?|\\d{4}([ -])\\d{6}\\2\\d{5}");

  private static final Pattern IBAN =
      Pattern.compile(
          "(?<!\\w)[A-Z]{2}\\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?)(?!\\w)");

  private static final Pattern NAME = Pattern.compile("([^\\s-])[^\\s-]*");

  private PersonalData() {}

  /** All that is found, in order of place; nothing overlaps. */
  public static List<Found> in(String text) {
    List<Found> all = new ArrayList<>();
    boolean digits = text.chars().anyMatch(c -> c >= '0' && c <= '9');
    if (text.indexOf('@') >= 0) {
      Matcher mail = EMAIL.matcher(text);
      while (mail.find()) {
        add(all, Kind.EMAIL, mail, maskedMail(mail.group()));
      }
    }
    if (digits) {
      Matcher account = IBAN.matcher(text);
      while (account.find()) {
        if (isIban(account.group())) {
          add(all, Kind.IBAN, account, masked(account.group()));
        }
      }
      Matcher number = NUMBER.matcher(text);
      while (number.find()) {
        Kind kind = kind(number.group());
        if (kind != null) {
          add(all, kind, number, masked(number.group()));
        }
      }
    }
    all.sort((a, b) -> a.start() - b.start());
    return all;
  }

  private static void add(List<Found> all, Kind kind, Matcher at, String masked) {
    if (all.stream().noneMatch(other -> other.start() < at.end() && at.start() < other.end())) {
      all.add(new Found(kind, at.start(), at.end(), masked));
    }
  }

  /** Those of the second that overlap none of the first, among them, in order of place. */
  public static List<Found> joined(List<Found> first, List<Found> second) {
    if (second.isEmpty()) {
      return first;
    }
    List<Found> all = new ArrayList<>(first);
    for (Found one : second) {
      if (first.stream().noneMatch(other -> overlap(one, other))) {
        all.add(one);
      }
    }
    all.sort((a, b) -> a.start() - b.start());
    return all;
  }

  private static boolean overlap(Found one, Found other) {
    return other.start() < one.end() && one.start() < other.end();
  }

  /** The text with what was found masked. */
  public static String masked(String text, List<Found> found) {
    if (found.isEmpty()) {
      return text;
    }
    StringBuilder masked = new StringBuilder();
    int from = 0;
    for (Found one : found) {
      masked.append(text, from, one.start()).append(one.masked());
      from = one.end();
    }
    return masked.append(text, from, text.length()).toString();
  }

  private static Kind kind(String number) {
    if (SSN.matcher(number).matches()) {
      return Kind.SSN;
    }
    String digits = number.replaceAll("\\D", "");
    if (CARD.matcher(number).matches() && isCard(digits)) {
      return Kind.CARD;
    }
    boolean international = number.startsWith("+") && digits.length() >= 8 && digits.length() <= 15;
    return international || NANP.matcher(number).matches() ? Kind.PHONE : null;
  }

  /** The first digits that are given to payment cards, and the check digit. */
  private static boolean isCard(String digits) {
    return digits.length() >= 13
        && digits.length() <= 19
        && digits.matches("(?:[3456]|2[2-7]).*")
        && luhn(digits);
  }

  static boolean luhn(String digits) {
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(digits.length() - 1 - i) - '0';
      int twice = 2 * digit;
      sum += i % 2 == 0 ? digit : twice > 9 ? twice - 9 : twice;
    }
    return sum % 10 == 0;
  }

  static boolean isIban(String written) {
    String account = written.replace(" ", "");
    if (account.length() < 15 || account.length() > 34) {
      return false;
    }
    String moved = account.substring(4) + account.substring(0, 4);
    int rest = 0;
    for (int i = 0; i < moved.length(); i++) {
      int value = Character.getNumericValue(moved.charAt(i));
      rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    return rest == 1;
  }

  /** The last two characters are left, and what stands between. */
  private static String masked(String number) {
    int left = 2;
    StringBuilder masked = new StringBuilder(number);
    for (int i = number.length() - 1, seen = 0; i >= 0; i--) {
      if (Character.isLetterOrDigit(number.charAt(i)) && seen++ >= left) {
        masked.setCharAt(i, '•');
      }
    }
    return masked.toString();
  }

  /** A single word: one with seven digits or more has but its last two. */
  public static String maskedWord(String word) {
    return word.chars().filter(Character::isDigit).count() < 7 ? word : masked(word);
  }

  /** The first letter of each word is left, not how long the word is. */
  static String maskedName(String name) {
    return NAME.matcher(name).replaceAll("$1•••");
  }

  /** The first letter is left, and the end of the domain. */
  private static String maskedMail(String address) {
    return address.charAt(0) + "•••@•••" + address.substring(address.lastIndexOf('.'));
  }
}
