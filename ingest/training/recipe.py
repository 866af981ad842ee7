"""The whole training, stage by stage; a stage whose input and settings have not changed is not run again."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import GuideError
from bot.retrieval.known import read_known
from bot.retrieval.late import FILE_NAME as HEAD
from bot.settings import Settings
from ingest.training.bags import make_bags
from ingest.training.card import Facts, write_card
from ingest.training.everyday import HERE, Everyday, load_everyday
from ingest.training.material import ENGLISH, Material, gather, read_material, write_material
from ingest.training.settings import TEACHER_NAME, TEACHER_PACKAGE, TrainingSettings
from ingest.training.teacher import Teacher, find_teacher

if TYPE_CHECKING:
    import numpy as np

# The known questions that are learnt from; those about the articles of data/calibration.jsonl lie beside them.
LEARNT = HERE.parents[1] / "data" / "known" / "learnt.tsv"
FORMAT = 2  # raised when a stage's code changes what it makes: kept stages are then made again
Progress = Callable[[str, int, int], None]
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training made."""

    output: Path
    dimension: int
    bytes: int
    seconds: float


def train_encoder(
    folders: Sequence[Path],
    output: Path,
    work: Path,
    settings: Settings,
    *,
    teacher: str | None = None,
    questions: Sequence[Path] = (),
    training: TrainingSettings | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train an encoder on folders of articles and make it the content of the folder `output`.

    `work` keeps what each stage made; a training that was broken off goes on after its last full stage,
    the two long ones after their last hundred steps. `teacher`
    is a folder or a hub name (the installed all-MiniLM-L6-v2 where None). `questions` are files of questions to
    score the encoder on, for its card; nothing is learnt from them. `progress` is called with a stage ("read",
    "tokenizer", "words", in which the teacher reads, "student", "retrieval", "late"), what is done and what there is.
    `output` is replaced at the end, at once. Raises GuideError where there are no aligned sentences to learn from,
    EncoderError where the teacher cannot be loaded or is no BERT.
    """
    started = time.monotonic()
    training = training or TrainingSettings()
    for folder in folders:
        if not folder.is_dir():
            raise GuideError(f"{folder} is not a folder of articles.")
    work.mkdir(parents=True, exist_ok=True)
    stages = _Stages(work, progress or (lambda *_: None))
    name = teacher or find_teacher()

    def read(place: Path, tell: Tell) -> None:
        from ingest.reader import read_corpus

        write_material(gather(read_corpus(folders, settings, progress=tell)), place)

    material = read_material(stages.run("read", _corpus_hash(folders), read))
    if not material.pairs:
        raise GuideError("No article in these folders is bilingual (sxs-lookup), and there is nothing to learn from.")
    shared = Teacher(name, work / "teacher.sqlite")
    everyday = load_everyday()
    vocabulary = stages.run(
        "tokenizer",
        training.stage("vocabulary", "longest_token") + _data_hash("words.tsv", "wrappers.yml"),
        lambda place, tell: _tokenizer(place, tell, material, everyday, training),
    )
    words = stages.run(
        "words",
        training.stage("distil_steps", "sif") + name,
        lambda place, tell: _words(place, tell, vocabulary, material, everyday, shared, training),
    )
    student = stages.run(
        "student",
        training.stage("pieces", "student_layer_rate"),
        lambda place, tell: _student(place, tell, vocabulary, words, name, material, everyday, shared, training),
    )
    finder = stages.run(
        "retrieval",
        training.stage("retrieval_steps", "keep") + hashlib.sha256(LEARNT.read_bytes()).hexdigest(),
        lambda place, tell: _retrieval(place, tell, student, material, everyday, shared, training),
    )
    late = stages.run(
        "late",
        training.stage("late_dimension", "late_wrong"),
        lambda place, tell: _late(place, tell, finder, material, training),
    )
    dimension, size = _publish(
        output, finder, late, questions, Facts(_teacher_name(name), material, training, 0, 0, stages.seconds())
    )
    return Trained(output, dimension, size, time.monotonic() - started)


class _Stages:
    """Folders of the work folder, one a stage, named by what went into it and into the stages before."""

    def __init__(self, work: Path, progress: Progress) -> None:
        self._work = work
        self._progress = progress
        self._key = str(FORMAT)
        self._folders: list[tuple[str, Path]] = []

    def run(self, stage: str, key: str, make: Callable[[Path, Tell], None]) -> Path:
        """The stage's folder; `make` fills it where there is none yet."""
        self._key = hashlib.sha256(f"{self._key}\0{stage}\0{key}".encode()).hexdigest()
        folder = self._work / f"{stage}-{self._key[:12]}"
        self._folders.append((stage, folder))
        if folder.is_dir():
            self._progress(stage, 1, 1)
            return folder
        started = time.monotonic()
        unfinished = folder.with_suffix(".unfinished")  # may hold the checkpoint of a training that was broken off
        unfinished.mkdir(exist_ok=True)
        make(unfinished, lambda done, total: self._progress(stage, done, total))
        (unfinished / "checkpoint.pt").unlink(missing_ok=True)
        (unfinished / "seconds.json").write_text(json.dumps(time.monotonic() - started))
        unfinished.rename(folder)
        return folder

    def seconds(self) -> tuple[tuple[str, float], ...]:
        """How long each stage took, in whichever run made it."""
        return tuple((name, float(json.loads((folder / "seconds.json").read_text()))) for name, folder in self._folders)


def _tokenizer(place: Path, tell: Tell, material: Material, everyday: Everyday, training: TrainingSettings) -> None:
    from ingest.training.tokenizer import train_tokenizer

    texts: dict[str, list[str]] = defaultdict(list)
    for pair in material.pairs:
        texts[pair.locale].append(pair.text)
        texts[ENGLISH].append(pair.english)
    words = [word for cells in everyday.concepts.values() for cell in cells for word in cell]
    words += [line.replace("{}", " ") for lines in everyday.wrappers.values() for line in lines]
    tell(0, 1)
    train_tokenizer(texts, words, training).save(str(place / "tokenizer.json"))
    tell(1, 1)


def _rows(material: Material, everyday: Everyday, training: TrainingSettings) -> list[tuple[str, str]]:
    """(text, its English original): sentences in all languages, everyday words."""
    rows = {(pair.text, pair.english) for pair in material.pairs}
    rows |= {(pair.english, pair.english) for pair in material.pairs}
    for cells in zip(*everyday.concepts.values(), strict=True) if training.everyday_repeats else ():
        concept = ", ".join(cells[list(everyday.concepts).index(ENGLISH.lower())])
        rows |= {(word, concept) for cell in cells for word in cell}
    return sorted(rows)


def _targets(rows: list[tuple[str, str]], teacher: Teacher, tell: Tell) -> tuple[np.ndarray, np.ndarray]:
    """The teacher's vectors of the originals, and which of them each text is to get."""
    import numpy as np

    originals = sorted({original for _, original in rows})
    number = {original: row for row, original in enumerate(originals)}
    return teacher.vectors(originals, tell), np.array([number[original] for _, original in rows])


def _words(
    place: Path,
    tell: Tell,
    vocabulary: Path,
    material: Material,
    everyday: Everyday,
    teacher: Teacher,
    training: TrainingSettings,
) -> None:
    import numpy as np
    from tokenizers import Tokenizer

    from ingest.training.distil import distil

    originals = {s.key: s.whole[: training.teacher_chars] for s in material.sections if s.locale == ENGLISH}
    rows = set(_rows(material, everyday, training))
    rows |= {(s.whole[: training.teacher_chars], originals[s.key]) for s in material.sections if s.key in originals}
    ordered = sorted(rows)
    vectors, target_of = _targets(ordered, teacher, tell)
    tokenizer = Tokenizer.from_file(str(vocabulary / "tokenizer.json"))
    bags = make_bags(tokenizer, [text for text, _ in ordered])
    np.save(place / "vectors.npy", distil(bags, vectors, target_of, tokenizer.get_vocab_size(), training, tell))


def _student(
    place: Path,
    tell: Tell,
    vocabulary: Path,
    words: Path,
    name: str,
    material: Material,
    everyday: Everyday,
    teacher: Teacher,
    training: TrainingSettings,
) -> None:
    import numpy as np
    from tokenizers import Tokenizer

    from ingest.training.follow import follow_teacher
    from ingest.training.student import start_student

    tokenizer = Tokenizer.from_file(str(vocabulary / "tokenizer.json"))
    student = start_student(name, tokenizer, np.load(words / "vectors.npy"), training.pieces)
    rows = _rows(material, everyday, training)
    vectors, target_of = _targets(rows, teacher, tell)
    texts = make_bags(student.tokenizer, [text for text, _ in rows])
    follow_teacher(student, texts, vectors, target_of, training, place / "checkpoint.pt", tell)
    student.save(place)


def _retrieval(
    place: Path,
    tell: Tell,
    followed: Path,
    material: Material,
    everyday: Everyday,
    teacher: Teacher,
    training: TrainingSettings,
) -> None:
    from ingest.training.questions import Questions
    from ingest.training.retrieve import Kept, learn_retrieval
    from ingest.training.student import Student

    student = Student.load(followed)
    rows = _rows(material, everyday, training)
    vectors, target_of = _targets(rows, teacher, tell)
    kept = Kept(make_bags(student.tokenizer, [text for text, _ in rows]), vectors, target_of)
    questions = Questions(material, everyday, read_known([LEARNT]), training)
    learn_retrieval(student, questions, kept, training, place / "checkpoint.pt", tell)
    student.save(place)


def _late(place: Path, tell: Tell, found: Path, material: Material, training: TrainingSettings) -> None:
    from ingest.training.late import learn_late
    from ingest.training.student import Student

    learn_late(Student.load(found), material, read_known([LEARNT]), training, place, tell).save(place)


def _publish(output: Path, last: Path, late: Path, questions: Sequence[Path], facts: Facts) -> tuple[int, int]:
    """Write the encoder beside `output` and put it in its place: (dimension, bytes)."""
    from bot.encoder import load_encoder, write_encoder
    from ingest.training.scores import score_encoder
    from ingest.training.student import Student

    student = Student.load(last)
    new, old = (output.with_name(f".{output.name}.{state}") for state in ("new", "old"))
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)
    write_encoder(new, student.tokenizer, student.model)
    shutil.copy(late / HEAD, new)
    size = sum(file.stat().st_size for file in new.rglob("*") if file.is_file())
    encoder = load_encoder(str(new))
    scores = score_encoder(encoder, facts.material, questions) if questions else ()
    write_card(new, replace(facts, dimension=encoder.dimension, bytes=size, scores=scores))
    if output.exists():
        output.rename(old)
    new.rename(output)
    shutil.rmtree(old, ignore_errors=True)
    return encoder.dimension, size


def _teacher_name(name_or_path: str) -> str:
    """The teacher as a card names it: where its folder lies on this machine is nobody's business."""
    if TEACHER_PACKAGE in name_or_path:
        return TEACHER_NAME
    return Path(name_or_path).name if Path(name_or_path).is_dir() else name_or_path


def _data_hash(*files: str) -> str:
    """SHA-256 of each of the files of words beside this module, joined."""
    return "".join(hashlib.sha256((HERE / file).read_bytes()).hexdigest() for file in files)


def _corpus_hash(folders: Sequence[Path]) -> str:
    """SHA-256 over the names and contents of all files of the folders."""
    whole = hashlib.sha256()
    for folder in folders:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            whole.update(f"{file.relative_to(folder)}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
