package io.github.jaubert.cli.report;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The script of pages whose tables can be sorted and searched. */
final class PageScript {
  static final String TABLES =
      """
      'use strict';
      for (const table of document.querySelectorAll('table.sortable')) {
        const body = table.tBodies[0];
        const heads = [...table.tHead.rows[0].cells];
        heads.forEach((head, column) => {
          const sort = () => {
            const down = head.getAttribute('aria-sort') !== 'descending';
            heads.forEach(other => other.removeAttribute('aria-sort'));
            head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
            const value = row => row.cells[column].dataset.v ?? row.cells[column].textContent;
            const rows = [...body.rows].sort((a, b) => {
              const x = value(a), y = value(b);
              const order = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
              return down ? -order : order;
            });
            body.append(...rows);
          };
          head.tabIndex = 0;
          head.addEventListener('click', sort);
          head.addEventListener('keydown', e => { if (e.key === 'Enter') sort(); });
        });
        const find = table.closest('figure').querySelector('input');
        if (find) find.addEventListener('input', () => {
          const wanted = find.value.toLowerCase();
          for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
        });
      }
      """;

  private PageScript() {}

  /** What a policy says of a page on which this script runs, and no other. */
  static String policy(String script) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
      return "script-src 'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
