; The smallest installer that has our hooks in it: `makensis` reads it to see that they are right. It is never shipped.
Unicode true
RequestExecutionLevel user
Name "Tessera"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Tessera"
Icon "${ICON}"
UninstallIcon "${ICON}"

; Tauri's own asks the system for running programs with a plug-in.
!macro CheckIfAppIsRunning executablePath productName
  IfFileExists "${executablePath}" 0 +2
    DetailPrint "${productName}"
!macroend

!include "${HOOKS}"

Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Section Install
  SetShellVarContext current
  !insertmacro NSIS_HOOK_PREINSTALL
  WriteUninstaller "$INSTDIR\uninstall.exe"
  !insertmacro NSIS_HOOK_POSTINSTALL
SectionEnd

Section Uninstall
  SetShellVarContext current
  !insertmacro NSIS_HOOK_PREUNINSTALL
  Delete "$INSTDIR\uninstall.exe"
  !insertmacro NSIS_HOOK_POSTUNINSTALL
SectionEnd
