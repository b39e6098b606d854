/** DeBERTa-v2 and v3: He et al. 2021 and 2023. */
package io.github.jaubert.bert.models.deberta;
