"""A month of news about firms that do not exist, in both languages: what is told, and by whom."""

from __future__ import annotations

from dataclasses import dataclass

TUWAIQ, FALAK, SADAF, LAYLA = (
    "unresolved-tuwaiq-capital-842a2f99",
    "unresolved-falak-robotics-0b2cb709",
    "unresolved-sadaf-cloud-931f2854",
    "unresolved-layla-haddad-7f31df9e",
)
FALAK_AR, TUWAIQ_AR = "unresolved-4ee03a16", "unresolved-eacc09c0"


@dataclass(frozen=True)
class Article:
    """One revision of an article; articles of one `name` are revisions of one document."""

    name: str
    language: str
    publisher: str
    published_at: str
    text: str

    def body(self) -> dict[str, str]:
        return {
            "url": f"https://news.example/{self.name}",
            "language": self.language,
            "publisher": self.publisher,
            "published_at": self.published_at,
            "text": self.text,
        }


DEAL = Article(
    "ledger-1", "en", "Gulf Ledger", "2025-06-02",
    "Tuwaiq Capital has invested $40 million in Falak Robotics for a 20% stake.\n\n"
    "Falak Robotics named Layla Haddad chief executive.",
)  # fmt: skip
CONFLICT = Article(
    "wire-1", "en", "Desert Wire", "2025-06-03",
    "A deal in the desert: people in the industry were surprised on Tuesday by the price of a small firm. "
    "Tuwaiq Capital bought a 20% stake in Falak Robotics for $45 million, the company said.",
)  # fmt: skip
ARABIC = Article(
    "bayan-1", "ar", "صحيفة البيان الجديد", "2025-06-04",
    "استثمرت شركة طويق كابيتال 40 مليون دولار في شركة فلك روبوتيكس مقابل حصة تبلغ 20 في المئة.",
)  # fmt: skip
CORRECTED = Article(
    "wire-1", "en", "Desert Wire", "2025-06-03",
    "A deal in the desert: people in the industry were surprised on Tuesday by the price of a small firm. "
    "Tuwaiq Capital bought a 20% stake in Falak Robotics for $40 million, the company said.",
)  # fmt: skip
PULLBACK = Article(
    "ledger-2", "en", "Gulf Ledger", "2025-06-12",
    "Sadaf Cloud, one of the largest customers of Falak Robotics, is reducing its work with Falak Robotics.",
)  # fmt: skip
DEPARTURE = Article(
    "ledger-3", "en", "Gulf Ledger", "2025-06-14",
    "Layla Haddad has stepped down as chief executive of Falak Robotics.",
)  # fmt: skip
PLAN = Article(
    "bayan-2", "ar", "صحيفة البيان الجديد", "2025-06-16",
    "أعلنت شركة فلك روبوتيكس أنها تعتزم إنفاق 90 مليون دولار على توسعة مصانعها في عام 2025.",
)  # fmt: skip
VALUED = Article(
    "wire-2", "en", "Desert Wire", "2025-06-20",
    "Falak Robotics is valued at $200 million.\n\n"
    "Falak Robotics plans to spend $90 million on its factories in 2025.\n\n"
    "Falak Robotics named Layla Haddad chief executive.",
)  # fmt: skip
