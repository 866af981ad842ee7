"""`guide train-encoder`, from a handful of bilingual articles to an encoder that loads."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.encoder import load_encoder
from bot.errors import EncoderError, GuideError
from bot.retrieval.known import KnownQuestion
from bot.retrieval.late import Head, late_scores
from bot.settings import Settings
from ingest.training import TrainingSettings, recipe, train_encoder
from ingest.training.bags import Bags, batch, make_bags
from ingest.training.everyday import load_everyday, misspell
from ingest.training.follow import follow_teacher
from ingest.training.late import learn_late
from ingest.training.material import Material, Pair, SectionText, read_material, write_material
from ingest.training.questions import Questions, Wanted
from ingest.training.scores import Score, score_encoder
from ingest.training.student import Checkpoint, Student
from ingest.training.tokenizer import empty_tokenizer

LOCALES = ("cs-cz", "de-de", "en-us", "es-es", "fr-fr", "it-it", "ja-jp", "ko-kr", "pt-br", "ru-ru", "zh-cn", "zh-tw")
# Five sections of two sentences: Spanish and English, written for this test.
PAIRS = {
    "invoices": [
        ("Las facturas", "Invoices"),
        ("Cada mes recibe una factura por correo.", "You get an invoice by mail every month."),
        ("Pague la factura antes del día quince.", "Pay the invoice before the fifteenth day."),
    ],
    "garden": [
        ("El jardín", "The garden"),
        ("Las rosas crecen junto a la puerta.", "The roses grow beside the door."),
        ("Riegue las flores por la tarde.", "Water the flowers in the evening."),
    ],
    "password": [
        ("La contraseña", "The password"),
        ("Cambie la contraseña cada año.", "Change the password every year."),
        ("La contraseña necesita doce letras.", "The password needs twelve letters."),
    ],
    "train": [
        ("El tren", "The train"),
        ("El tren sale de la estación al mediodía.", "The train leaves the station at noon."),
        ("Compre los billetes en la estación.", "Buy the tickets at the station."),
    ],
}
TINY = TrainingSettings(
    vocabulary=400,
    everyday_repeats=0,
    distil_steps=150,
    distil_batch=32,
    distil_rate=2e-2,
    pieces=380,
    student_steps=150,
    student_tokens=300,
    student_layer_rate=1e-3,
    student_token_rate=5e-3,
    retrieval_steps=6,
    retrieval_batch=4,
    live_batch=2,
    bank_steps=3,
    late_dimension=16,
    late_steps=40,
    late_rate=1e-2,
    late_batch=4,
    threads=1,
)


def write_articles(folder: Path) -> Path:
    place = folder / "es-es" / "help"
    place.mkdir(parents=True)
    number = 0
    for name, pairs in PAIRS.items():
        lines = []
        for translated, english in pairs:
            number += 1
            lines.append(
                f'<span data-ttu-id="x-{number}">{translated}</span><span class="sxs-lookup">'
                f'<span data-stu-id="x-{number}">{english}</span></span>'
            )
        heading = f'# <a name="{name}"></a>{lines[0]}'
        front = f"---\ntitle: {pairs[0][0]}\nms.contentlocale: es-ES\nms.date: 01/31/2021\n---\n"
        (place / f"{name}.md").write_text(f"{front}{heading}\n\n{lines[1]}\n\n{lines[2]}\n", encoding="utf-8")
    return folder


def tiny_teacher(folder: Path) -> str:
    """An English encoder of two layers and 32 dimensions whose weights are chance: fast, and the same every time."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    from bot.encoder import write_encoder

    words = sorted({w for rows in PAIRS.values() for _, english in rows for w in english.lower().strip(".").split()})
    special = ["[UNK]", "[PAD]", "[CLS]", "[SEP]"]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate([*special, *words])}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(special) + len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        initializer_range=0.5,
    )
    write_encoder(folder, tokenizer, BertModel(config))
    return str(folder)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    root = tmp_path_factory.mktemp("training")
    articles, teacher = write_articles(root / "articles"), tiny_teacher(root / "teacher")
    stages: list[str] = []

    def train(output: str) -> Path:
        stages.clear()
        settings = Settings(index=root / "index", encoder="")
        result = train_encoder(
            [articles],
            root / output,
            root / "work",
            settings,
            teacher=teacher,
            training=TINY,
            progress=lambda stage, done, total: stages.append(f"{stage} {done}/{total}"),
        )
        assert (result.output, result.dimension) == (root / output, 32)
        return result.output

    first = train("encoder")
    ran = list(stages)
    again = train("encoder")
    return {"first": first, "ran": ran, "again": again, "kept": list(stages), "train": train}


def test_translations_end_closer_than_other_sentences(trained: dict) -> None:
    encoder = load_encoder(str(trained["first"]))
    spanish, english = zip(*(pair for rows in PAIRS.values() for pair in rows[1:]), strict=True)
    scores = encoder.encode(spanish) @ encoder.encode(english).T
    assert scores.argmax(axis=1).tolist() == list(range(8))
    assert scores.diagonal().min() > 0.93 > np.median(scores)


def test_a_second_run_keeps_every_stage(trained: dict) -> None:
    assert {"words 150/150", "student 150/150", "retrieval 6/6"} <= set(trained["ran"])
    assert trained["kept"] == ["read 1/1", "tokenizer 1/1", "words 1/1", "student 1/1", "retrieval 1/1", "late 1/1"]
    assert load_encoder(str(trained["first"])).fingerprint == load_encoder(str(trained["again"])).fingerprint


def test_tokens_are_compared_by_what_was_learnt_of_questions(trained: dict, tmp_path: Path) -> None:
    encoder = load_encoder(str(trained["first"]))
    assert encoder.head and encoder.head.dimension == 16  # of no questions: principal components
    work = Path(str(trained["first"])).parent / "work"
    material = read_material(next(work.glob("read-*")))
    sections = [section for section in material.sections if section.locale == "es-ES"]
    # each section's question is a sentence of the next one, which nobody could guess
    asked = [
        KnownQuestion("es-es", section.key, following.blocks[0])
        for section, following in zip(sections, [*sections[1:], sections[0]], strict=True)
    ]

    def lead(head: Head) -> float:
        """By how much each question's section is likelier than all are on average."""
        encoder.head = head
        passages = encoder.read_passages([section.whole for section in sections]).tokens
        read = encoder.read_questions([question.text for question in asked]).tokens
        scores = np.stack([late_scores(passages, tokens) for tokens in read])
        return float((scores.diagonal() - scores.mean(axis=1)).mean())

    seen: list[tuple[int, int]] = []
    student = Student.load(next(work.glob("retrieval-*")))
    learnt = learn_late(student, material, asked, TINY, tmp_path, lambda *done: seen.append(done))
    assert lead(learnt) > lead(load_encoder(str(trained["first"])).head) + 0.1
    assert seen[-1] == (40, 40) and not list(tmp_path.iterdir())


def test_the_published_head_is_learnt_of_the_questions_written_by_hand(
    trained: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not load_encoder(str(trained["first"])).head.gate.any()  # of no questions all tokens weigh the same
    asked = "".join(f"es-es\thelp/{name}#{name}\t{pairs[1][0]}\n" for name, pairs in PAIRS.items())
    (tmp_path / "learnt.tsv").write_text(asked, encoding="utf-8")
    monkeypatch.setattr(recipe, "LEARNT", tmp_path / "learnt.tsv")
    learnt = trained["train"]("work/asked")
    assert load_encoder(str(learnt)).head.gate.any()


def test_the_card_names_data_licence_teacher_and_limits(trained: dict) -> None:
    card = " ".join((Path(str(trained["first"])) / "README.md").read_text(encoding="utf-8").split())
    for words in (
        "12 pairs",
        "© Microsoft Corporation and contributors",
        "Creative Commons Attribution 4.0",
        "Apache License 2.0",
        "| `seed` | 7 |",
        "| `vocabulary` | 400 |",
        "What it is not good at",
    ):
        assert words in card
    beside = sorted(path.name for path in Path(str(trained["first"])).parent.iterdir())
    assert beside == ["articles", "encoder", "teacher", "work"]


def test_scores_are_of_questions_with_odd_numbers_and_of_sections_that_are_there(trained: dict, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    rows = [
        {
            "id": "q1-es",
            "text": " ".join(pair[0] for pair in PAIRS["invoices"]),
            "locale": "es-ES",
            "relevant": ["help/invoices#invoices"],
        },
        {"id": "q2-es", "text": "el tren", "locale": "es-ES", "relevant": ["help/password#password"]},
        {"id": "q3-es", "text": "el tren", "locale": "es-ES", "relevant": ["help/gone#gone"]},
        {"id": "q5-es", "text": "el tren", "locale": "es-ES", "relevant": []},
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    read = next((Path(str(trained["first"])).parent / "work").glob("read-*"))
    scores = score_encoder(load_encoder(str(trained["first"])), read_material(read), [file])
    assert [(s.locale, s.searched, s.questions) for s in scores] == [("es-ES", "es-ES", 1), ("es-ES", "en-US", 1)]
    assert scores[0] == Score("es-ES", "es-ES", 1, 1.0, 1.0, 1.0, 1.0)


def test_nothing_to_learn_from(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path, encoder="")
    with pytest.raises(GuideError, match="is not a folder of articles"):
        train_encoder([tmp_path / "none"], tmp_path / "out", tmp_path / "work", settings, teacher="t")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.md").write_text("---\ntitle: X\n---\n# X\n\nWords.\n")
    with pytest.raises(GuideError, match="bilingual"):
        train_encoder([tmp_path / "a"], tmp_path / "out", tmp_path / "work", settings, teacher="t")
    assert not (tmp_path / "out").exists()


def test_a_teacher_that_cannot_be_loaded(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path, encoder="")
    with pytest.raises(EncoderError, match="no encoder in the folder"):
        train_encoder(
            [write_articles(tmp_path / "articles")],
            tmp_path / "out",
            tmp_path / "work",
            settings,
            teacher=str(tmp_path / "no-teacher"),
            training=TINY,
        )


def test_texts_are_cut_without_case_accents_and_punctuation() -> None:
    normalized = empty_tokenizer().normalizer.normalize_str
    assert normalized("¿Contestações, C++?") == " ▁contestacoes ▁c "
    assert normalized("Azureの請求書 2021") == "▁azure の請求書 ▁2021"
    assert normalized("データ ёлка") == "データ ▁елка"


def test_a_batch_keeps_the_first_token_and_gives_token_0_to_an_empty_text() -> None:
    rows = [np.array([5, 6, 7], dtype=np.int32), np.zeros(0, dtype=np.int32), np.array([8], dtype=np.int32)]
    tokens, offsets = batch(rows, 1.0, np.random.default_rng(0))
    assert (tokens.tolist(), offsets.tolist()) == ([5, 0, 8], [0, 1, 2])
    tokens, offsets = batch(rows, 0.0, np.random.default_rng(0))
    assert (tokens.tolist(), offsets.tolist()) == ([5, 6, 7, 0, 8], [0, 3, 4])


def test_no_texts_make_no_bags() -> None:
    bags = make_bags(empty_tokenizer(), [])
    assert (bags.tokens.tolist(), bags.offsets.tolist()) == ([], [0])


def test_everyday_words_and_wrappers_are_there_in_every_locale() -> None:
    everyday = load_everyday()
    assert tuple(sorted(everyday.concepts)) == tuple(sorted(everyday.wrappers)) == LOCALES
    assert {len(cells) for cells in everyday.concepts.values()} == {143}
    assert all(word for cells in everyday.concepts.values() for cell in cells for word in cell)
    assert all(line.count("{}") == 1 for lines in everyday.wrappers.values() for line in lines)


def test_words_are_swapped_for_others_of_the_same_concept() -> None:
    everyday, chance = load_everyday(), random.Random(0)
    assert everyday.swap("Invoice", "en-US", chance, share=1) in ("bill", "receipt")
    assert everyday.swap("die Rechnung", "de-DE", chance, share=1) in ("die beleg", "die abrechnung")
    assert everyday.swap("查看发票", "zh-CN", chance, share=0) == "查看发票"
    assert everyday.swap("Billboard", "en-US", chance, share=1) == "billboard"
    assert everyday.swap("Faktura", "sk-SK", chance) == "Faktura"
    assert everyday.wrap("x", "sk-SK", chance) == "x"


def test_slips_leave_short_words_and_numbers() -> None:
    assert misspell("a 0x80070005 the", random.Random(0), share=1) == "a 0x80070005 the"
    slipped = misspell("subscription", random.Random(0), share=1)
    assert slipped != "subscription" and abs(len(slipped) - 12) <= 1


def section(anchor: str, locale: str, *blocks: str) -> SectionText:
    return SectionText(locale, "help/a", anchor, "Title", (), anchor.title(), blocks, "")


def test_material_is_read_as_it_was_written(tmp_path: Path) -> None:
    material = Material((Pair("es-ES", "Hola.", "Hello."),), (section("one", "es-ES", "Hola.", "Adiós."),))
    write_material(material, tmp_path)
    assert read_material(tmp_path) == material
    assert material.sections[0].whole == "Title > One\nHola. Adiós."
    assert material.locales == ("es-ES",)


def test_examples_are_the_same_for_the_same_chance_and_leave_their_sentence_out() -> None:
    sections = tuple(section(name, "en-US", f"First of {name} here.", f"Second of {name} here.") for name in ("a", "b"))
    plain = TrainingSettings(sentence_share=1, swap_share=0, typo_share=0)
    questions = Questions(Material((), sections), load_everyday(), (), plain)
    drawn = [questions.draw(20, random.Random(1)) for _ in range(2)]
    assert drawn[0] == drawn[1] and len(drawn[0]) == 20
    for example in drawn[0]:
        assert example.left_out is not None
        assert example.section.blocks[example.left_out] == example.question


BY_HAND = (
    KnownQuestion("de-de", "help/a#one", "was ist eins"),
    KnownQuestion("en-us", "help/b#gone", "never"),
)
SECTIONS = (section("one", "de-DE", "Eins."), section("one", "en-US", "One."), section("two", "en-US", "Two."))


def test_questions_written_by_hand_find_their_section_in_any_locale() -> None:
    only = TrainingSettings(asked_share=1, typo_share=0)
    examples = Questions(Material((), SECTIONS), load_everyday(), BY_HAND, only).draw(20, random.Random(1))
    assert {example.question for example in examples} == {"was ist eins"}
    assert {example.section.key for example in examples} == {"help/a#one"}
    assert {example.section.locale for example in examples} == {"de-DE", "en-US"}


def test_questions_for_a_bank_are_about_its_sections() -> None:
    plain = TrainingSettings(by_hand=1, hand_swap_share=0, hand_typo_share=0, own_share=1)
    questions = Questions(Material((), SECTIONS), load_everyday(), BY_HAND, plain)
    assert questions.asked_about == {"help/a#one", "help/a#two"}  # of the article that is asked about, all sections
    both = {"de-DE": {"help/a#one": 0}, "en-US": {"help/a#one": 0, "help/a#two": 1}}
    assert set(questions.asked(3, both, random.Random(1))) == {Wanted("was ist eins", "help/a#one", "de-DE")}
    english = {"en-US": both["en-US"]}
    assert set(questions.asked(3, english, random.Random(1))) == {Wanted("was ist eins", "help/a#one", "en-US")}
    assert questions.asked(3, {"en-US": {"help/a#two": 0}}, random.Random(1)) == []


def test_a_training_that_was_broken_off_ends_as_one_that_was_not(tmp_path: Path, trained: dict) -> None:
    import torch

    class Broken(Exception):
        pass

    def learn(checkpoint: Path, stop_at: int | None) -> np.ndarray:
        student = Student.load(next((Path(str(trained["first"])).parent / "work").glob("student-*")))
        rows = student.rows([pair[0] for pairs in PAIRS.values() for pair in pairs])
        texts = Bags(np.concatenate(rows), np.cumsum([0, *map(len, rows)]))
        targets = np.eye(32, dtype=np.float32)[: len(rows)]

        def tell(done: int, total: int) -> None:
            if done == stop_at:
                raise Broken

        torch.manual_seed(0)
        settings = replace(TINY, student_steps=8)
        follow_teacher(student, texts, targets, np.arange(len(rows)), settings, checkpoint, tell)
        return student.vectors(rows, 60)

    whole = learn(tmp_path / "whole.pt", None)
    Checkpoint.EVERY, kept = 3, Checkpoint.EVERY
    try:
        with pytest.raises(Broken):
            learn(tmp_path / "broken.pt", 5)
        assert np.allclose(learn(tmp_path / "broken.pt", None), whole, atol=1e-5)
    finally:
        Checkpoint.EVERY = kept
