------------------------------- MODULE Unmap -------------------------------
\* The routine of model.py for TLC: the same steps, hence the same states.
EXTENDS Naturals
CONSTANTS TASKS, VMAS, PAGES
VARIABLES locked, count, mark, mapped, place, at, page, mine
vars == <<locked, count, mark, mapped, place, at, page, mine>>

Callers == 0 .. TASKS - 1
Low(c) == c % 2
High(c) == PAGES - ((c \div 2) % 2)
RESTART == 8

Init == /\ locked = FALSE /\ count = 0
        /\ mark = [v \in 0 .. VMAS - 1 |-> 0]
        /\ mapped = [v \in 0 .. VMAS - 1 |-> 0 .. PAGES - 1]
        /\ place = [c \in Callers |-> "start"]
        /\ at = [c \in Callers |-> 0] /\ page = [c \in Callers |-> 0] /\ mine = [c \in Callers |-> 0]

Goto(c, to, v, p, m) == /\ place' = [place EXCEPT ![c] = to] /\ at' = [at EXCEPT ![c] = v]
                        /\ page' = [page EXCEPT ![c] = p] /\ mine' = [mine EXCEPT ![c] = m]

Start(c) == /\ place[c] = "start" /\ ~locked
            /\ locked' = TRUE /\ count' = count + 1 /\ Goto(c, "look", 0, 0, count + 1)
            /\ UNCHANGED <<mark, mapped>>

Finish(c) == /\ place[c] = "look" /\ at[c] = VMAS
             /\ locked' = FALSE /\ Goto(c, "done", 0, 0, 0) /\ UNCHANGED <<count, mark, mapped>>

Look(c) ==
  /\ place[c] = "look" /\ at[c] < VMAS
  /\ UNCHANGED <<locked, count, mapped>>
  /\ LET seen == mark[at[c]]
         begin == IF seen >= RESTART /\ seen - RESTART > Low(c) THEN seen - RESTART ELSE Low(c)
     IN IF seen = mine[c] THEN Goto(c, "look", at[c] + 1, 0, mine[c]) /\ UNCHANGED mark
        ELSE IF begin >= High(c)
             THEN Goto(c, "look", at[c] + 1, 0, mine[c]) /\ mark' = [mark EXCEPT ![at[c]] = mine[c]]
             ELSE Goto(c, "zap", at[c], begin, mine[c]) /\ UNCHANGED mark

Zap(c, drop) ==
  /\ place[c] = "zap" /\ UNCHANGED <<locked, count>>
  /\ mapped' = [mapped EXCEPT ![at[c]] = @ \ {page[c]}]
  /\ LET last == page[c] + 1 = High(c)
     IN /\ mark' = [mark EXCEPT ![at[c]] = IF last THEN mine[c] ELSE RESTART + page[c] + 1]
        /\ IF drop THEN Goto(c, "drop", 0, 0, mine[c])
           ELSE IF last THEN Goto(c, "look", at[c] + 1, 0, mine[c])
           ELSE Goto(c, "zap", at[c], page[c] + 1, mine[c])

Drop(c) == /\ place[c] = "drop" /\ locked' = FALSE /\ Goto(c, "retake", 0, 0, mine[c])
           /\ UNCHANGED <<count, mark, mapped>>

Retake(c) == /\ place[c] = "retake" /\ ~locked
             /\ locked' = TRUE /\ Goto(c, "look", 0, 0, mine[c]) /\ UNCHANGED <<count, mark, mapped>>

Next == \E c \in Callers : \/ Start(c) \/ Look(c) \/ Finish(c) \/ Drop(c) \/ Retake(c)
                           \/ \E drop \in BOOLEAN : Zap(c, drop)
Spec == Init /\ [][Next]_vars
=============================================================================
